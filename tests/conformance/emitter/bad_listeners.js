// What is not a function is refused as a listener, by every method that takes one.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new EventEmitter();

const attempt = (label, fn) => {
  try {
    fn();
    trace(label, 'passed');
  } catch (err) {
    trace(label, err);
  }
};

emitter.on('newListener', () => trace('never called'));

for (const bad of [null, 5, 'x', true, 1.5]) {
  attempt('on', () => emitter.on('event', bad));
  attempt('addListener', () => emitter.addListener('event', bad));
  attempt('once', () => emitter.once('event', bad));
  attempt('prependListener', () => emitter.prependListener('event', bad));
  attempt('prependOnceListener', () => emitter.prependOnceListener('event', bad));
  attempt('off', () => emitter.off('event', bad));
  attempt('removeListener', () => emitter.removeListener('event', bad));
}
trace('names', emitter.eventNames());
