// eventNames() lists the events that have listeners, in the order of their first registration.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new EventEmitter();
const listener = () => {};
const other = () => {};

trace('none', emitter.eventNames());
emitter.on('b', listener);
emitter.on('a', listener);
emitter.once('c', listener);
emitter.prependListener('d', listener);
emitter.on('b', other);
trace('four', emitter.eventNames());

emitter.off('b', listener);
trace('one listener less', emitter.eventNames());
emitter.off('b', other);
trace('last listener gone', emitter.eventNames());
emitter.on('b', listener);
trace('back at the end', emitter.eventNames());
emitter.emit('c');
trace('once spent', emitter.eventNames());

const names = emitter.eventNames();
names.push('made up');
trace('a copy', emitter.eventNames());

emitter.on('newListener', listener);
emitter.on('error', listener);
trace('special ones too', emitter.eventNames());
emitter.removeAllListeners('a');
trace('without a', emitter.eventNames());
emitter.removeAllListeners();
trace('none', emitter.eventNames());
