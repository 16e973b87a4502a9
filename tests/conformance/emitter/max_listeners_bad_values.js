// A limit must be a number that is not negative; a refused one changes nothing.
'use strict';

const events = require('node:events');
const { trace } = require('../conformance_trace');

const { EventEmitter } = events;
const emitter = new EventEmitter();

const attempt = (label, fn) => {
  try {
    fn();
    trace(label, 'passed');
  } catch (err) {
    trace(label, err);
  }
};

for (const bad of [-1, -0.5, NaN, -Infinity, '5', null, true]) {
  attempt('emitter', () => emitter.setMaxListeners(bad));
  attempt('default', () => { EventEmitter.defaultMaxListeners = bad; });
  attempt('module', () => events.setMaxListeners(bad));
  attempt('module, target', () => events.setMaxListeners(bad, emitter));
}
for (const good of [0, 1, 2.5, Infinity]) {
  attempt('emitter', () => emitter.setMaxListeners(good));
  trace('limit', emitter.getMaxListeners());
}
trace('default', EventEmitter.defaultMaxListeners);

// Targets must be emitters; those before the first bad one have been set.
attempt('targets', () => events.setMaxListeners(7, emitter, 5));
trace('limit', emitter.getMaxListeners());
attempt('targets', () => events.setMaxListeners(8, 'x'));
attempt('getMaxListeners', () => events.getMaxListeners(5));
attempt('getEventListeners', () => events.getEventListeners(5, 'x'));
attempt('listenerCount', () => events.listenerCount(5, 'x'));
