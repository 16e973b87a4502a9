// The same listener may be added repeatedly; off() takes away the most recent one.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new EventEmitter();
const a = () => trace('a');
const b = () => trace('b');

emitter.on('event', a);
emitter.on('event', b);
emitter.on('event', a);
emitter.emit('event');
trace('count', emitter.listenerCount('event'), emitter.listenerCount('event', a));

emitter.off('event', a);
emitter.emit('event');
trace('count', emitter.listenerCount('event'), emitter.listenerCount('event', a));

emitter.prependListener('event', b);
emitter.off('event', b);
emitter.emit('event');

emitter.off('event', a);
emitter.off('event', a);
trace('count', emitter.listenerCount('event'), emitter.listenerCount('event', a));
emitter.emit('event');

// One function, lasting and one-shot: off() looks from the end, whichever kind is there.
emitter.on('mixed', a);
emitter.once('mixed', a);
emitter.emit('mixed');
trace('once spent', emitter.listenerCount('mixed'));
emitter.once('mixed', a);
emitter.off('mixed', a);
trace('once removed', emitter.rawListeners('mixed')[0] === a);
emitter.prependOnceListener('mixed', a);
emitter.off('mixed', a);
trace('once left', emitter.rawListeners('mixed')[0] === a, emitter.listenerCount('mixed', a));

// The same one-shot listener twice: each emit calls both.
emitter.once('twice', b);
emitter.once('twice', b);
trace('emit', emitter.emit('twice'));
trace('emit', emitter.emit('twice'));
