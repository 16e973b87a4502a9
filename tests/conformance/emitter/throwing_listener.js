// A listener that throws ends the emit: the rest are not called, and emit() throws the same.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

const failure = new Error('listener failed');
const fail = () => { throw failure; };

const attempt = (label, fn) => {
  try {
    trace(label, fn());
  } catch (err) {
    trace(label, 'threw', err === failure);
  }
};

let emitter = new EventEmitter();
emitter.on('error', () => trace('never called'));
emitter.on('event', () => trace('before'));
emitter.on('event', fail);
emitter.on('event', () => trace('after'));
attempt('emit', () => emitter.emit('event'));
attempt('emit', () => emitter.emit('event'));
emitter.off('event', fail);
attempt('emit', () => emitter.emit('event'));

// The list can be changed afterwards as before.
emitter.on('event', () => trace('added'));
attempt('emit', () => emitter.emit('event'));

// A one-shot listener that throws is spent.
emitter = new EventEmitter();
emitter.once('event', fail);
emitter.on('event', () => trace('rest'));
attempt('emit', () => emitter.emit('event'));
attempt('emit', () => emitter.emit('event'));

// Through two emitters.
const outer = new EventEmitter();
outer.on('event', () => emitter.emit('inner'));
emitter.on('inner', fail);
attempt('emit', () => outer.emit('event'));

// An 'error' listener that throws.
emitter = new EventEmitter();
emitter.on('error', fail);
attempt('emit', () => emitter.emit('error', new Error('another')));

// A 'newListener' listener that throws keeps the listener out.
emitter = new EventEmitter();
emitter.once('newListener', fail);
attempt('on', () => emitter.on('event', () => {}) === emitter);
trace('count', emitter.listenerCount('event'));

// A 'removeListener' listener that throws comes too late to keep it in.
emitter = new EventEmitter();
const listener = () => {};
emitter.on('event', listener);
emitter.once('removeListener', fail);
attempt('off', () => emitter.off('event', listener) === emitter);
trace('count', emitter.listenerCount('event'));
