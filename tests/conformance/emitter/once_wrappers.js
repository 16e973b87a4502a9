// rawListeners() shows the wrapper of a one-shot listener, with the original as its .listener.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new EventEmitter();
const lasting = (...args) => trace('lasting', ...args);
const single = (...args) => trace('single', ...args);

emitter.on('event', lasting);
emitter.once('event', single);

const raw = emitter.rawListeners('event');
trace('raw', raw.length);
trace('lasting is not wrapped', raw[0] === lasting);
trace('single is wrapped', raw[1] === single, raw[1].listener === single);

const plain = emitter.listeners('event');
trace('listeners', plain.length, plain[0] === lasting, plain[1] === single);
trace('rawListeners of nothing', emitter.rawListeners('nothing'));

// Calling what the wrapper wraps leaves it in place.
raw[1].listener('by hand');
trace('still there', emitter.listenerCount('event'));

// Calling the wrapper removes it, and a second call does nothing.
raw[1]('through the wrapper', 2);
trace('gone', emitter.listenerCount('event'));
raw[1]('too late');
emitter.emit('event', 'emitted');

// The wrapper itself can be given to off().
emitter.once('other', single);
const [wrapper] = emitter.rawListeners('other');
trace('alone', emitter.rawListeners('other').length, wrapper.listener === single);
emitter.off('other', wrapper);
trace('removed by its wrapper', emitter.listenerCount('other'));

// A wrapper that was taken out is spent only by a call.
wrapper('first call');
wrapper('second call');
