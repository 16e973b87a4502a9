// The methods that change an emitter return it, and emit() says whether anyone listened.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new EventEmitter();
const listener = () => {};

trace('on', emitter.on('a', listener) === emitter);
trace('addListener', emitter.addListener('a', listener) === emitter);
trace('once', emitter.once('a', listener) === emitter);
trace('prependListener', emitter.prependListener('a', listener) === emitter);
trace('prependOnceListener', emitter.prependOnceListener('a', listener) === emitter);
trace('off', emitter.off('a', listener) === emitter);
trace('removeListener', emitter.removeListener('a', listener) === emitter);
trace('off, event unknown', emitter.off('b', listener) === emitter);
trace('off, listener unknown', emitter.off('a', () => {}) === emitter);
trace('setMaxListeners', emitter.setMaxListeners(20) === emitter);

trace('emit with listeners', emitter.emit('a'));
trace('removeAllListeners(event)', emitter.removeAllListeners('a') === emitter);
trace('removeAllListeners()', emitter.removeAllListeners() === emitter);
trace('emit without listeners', emitter.emit('a'));

emitter.once('c', listener).on('d', listener).off('d', listener);
trace('emit once', emitter.emit('c'));
trace('emit again', emitter.emit('c'));
trace('emit removed', emitter.emit('d'));
