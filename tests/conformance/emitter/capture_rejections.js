// With captureRejections the failure of an asynchronous listener becomes an 'error' event.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new EventEmitter({ captureRejections: true });
const failure = new Error('listener failed');

emitter.on('event', async () => { throw failure; });
emitter.on('event', () => trace('synchronous listener'));
emitter.on('error', (...args) => trace('error', args[0] === failure, ...args));

// The error comes after the synchronous code that follows the emit.
trace('emit', emitter.emit('event', 1));
trace('after the emit');

// Each failing listener is reported, in order; those that succeed are not.
const several = new EventEmitter({ captureRejections: true });
several.on('error', (err) => trace('several', err));
several.on('event', async () => { throw new Error('one'); });
several.on('event', async () => 'fine');
several.on('event', async () => { throw new Error('two'); });
several.once('event', async () => { throw new Error('three, once'); });
trace('emit', several.emit('event'));
trace('count', several.listenerCount('event'));

// A synchronous failure is thrown all the same.
const direct = new EventEmitter({ captureRejections: true });
direct.on('error', () => trace('never called'));
direct.on('event', () => { throw new Error('at once'); });
try {
  direct.emit('event');
} catch (err) {
  trace('threw', err);
}

// What else a listener returns does not matter.
const returning = new EventEmitter({ captureRejections: true });
returning.on('error', () => trace('never called'));
for (const value of [null, 0, 'text', failure, [1]]) {
  returning.on('event', () => value);
}
trace('emit', returning.emit('event'));
