// 'newListener' comes before the listener is added, with the function that was given.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

let emitter = new EventEmitter();
const listener = () => {};

// Its own first listener is not announced, as nobody listens yet; the second one is.
emitter.on('newListener', (event, fn) => {
  trace('new', event, fn === listener, emitter.listenerCount(event));
});
emitter.on('newListener', listener);
emitter.off('newListener', listener);

emitter.on('event', listener);
emitter.addListener('event', listener);
emitter.prependListener('event', listener);
emitter.once('event', listener);
emitter.prependOnceListener('event', listener);
emitter.on('removeListener', listener);
emitter.once('error', listener);
emitter.off('event', listener);
trace('count', emitter.listenerCount('event'));

// A listener that is added inside goes in front of the one that is being added.
emitter = new EventEmitter();
emitter.once('newListener', (event) => {
  if (event === 'event') {
    emitter.on('event', () => trace('added inside'));
  }
});
emitter.on('event', () => trace('added outside'));
emitter.emit('event');

// So does one that is prepended, and one that is added before a prepended one comes second.
emitter = new EventEmitter();
emitter.once('newListener', () => {
  emitter.prependListener('event', () => trace('prepended inside'));
});
emitter.on('event', () => trace('appended outside'));
emitter.emit('event');

emitter = new EventEmitter();
emitter.once('newListener', () => {
  emitter.on('event', () => trace('appended inside'));
});
emitter.prependListener('event', () => trace('prepended outside'));
emitter.emit('event');

// Emitted by hand it is an event like any other.
emitter = new EventEmitter();
emitter.on('newListener', (...args) => trace('by hand', ...args));
trace('emit', emitter.emit('newListener', 'made up', 1));
trace('names', emitter.eventNames());

// A one-shot 'newListener' listener sees one registration.
emitter = new EventEmitter();
emitter.once('newListener', (event) => trace('first registration', event));
emitter.on('a', listener);
emitter.on('b', listener);
trace('names', emitter.eventNames());
