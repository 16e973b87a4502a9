// Changes made to the listeners during an emit count from the next emit on.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

const added = () => trace('added');
const removed = () => trace('removed');

let emitter = new EventEmitter();
emitter.on('event', () => {
  trace('changing');
  emitter.on('event', added);
  emitter.prependListener('event', added);
  emitter.off('event', removed);
});
emitter.on('event', removed);
emitter.emit('event');
trace('count', emitter.listenerCount('event'));
emitter.removeAllListeners('event');

// Everything removed: the rest of this emit still runs.
emitter = new EventEmitter();
emitter.on('event', () => {
  trace('removing all');
  emitter.removeAllListeners();
});
emitter.on('event', () => trace('still called'));
trace('emit', emitter.emit('event'));
trace('emit', emitter.emit('event'));

// A listener that removes itself disturbs nobody.
emitter = new EventEmitter();
const leaving = () => {
  trace('leaving');
  emitter.off('event', leaving);
};
emitter.on('event', () => trace('before'));
emitter.on('event', leaving);
emitter.on('event', () => trace('after'));
emitter.emit('event');
emitter.emit('event');

// An emit inside a listener sees the changes, the one around it does not.
emitter = new EventEmitter();
const late = (depth) => trace('late', depth);
emitter.on('event', (depth) => {
  trace('outer', depth);
  if (depth === 0) {
    emitter.on('event', late);
    emitter.emit('event', depth + 1);
    emitter.off('event', late);
  }
});
emitter.on('event', (depth) => trace('second', depth));
emitter.emit('event', 0);

// The only listener adds another one.
emitter = new EventEmitter();
emitter.once('event', () => {
  trace('only');
  emitter.on('event', added);
});
emitter.emit('event');
emitter.emit('event');
