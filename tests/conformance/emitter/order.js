// Listeners are called in the order of registration, prepended ones first, each with all arguments.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new EventEmitter();

emitter.on('event', (...args) => trace('first', ...args));
emitter.addListener('event', (...args) => trace('second', ...args));
emitter.prependListener('event', (...args) => trace('zeroth', ...args));
emitter.prependListener('event', (...args) => trace('front', ...args));
emitter.on('event', (...args) => trace('last', ...args));
emitter.on('other', () => trace('not called'));

trace('emit', emitter.emit('event'));
trace('emit', emitter.emit('event', 1, 'two', null, [3]));
trace('emit', emitter.emit('nobody listens', 1));

// The mixed order of one-shot and lasting listeners is that of registration too.
emitter.once('mixed', () => trace('once'));
emitter.on('mixed', () => trace('on'));
emitter.prependOnceListener('mixed', () => trace('prepended once'));
emitter.prependListener('mixed', () => trace('prepended'));

trace('emit', emitter.emit('mixed'));
trace('emit', emitter.emit('mixed'));
