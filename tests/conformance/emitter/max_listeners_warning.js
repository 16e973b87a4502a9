// Passing the limit warns once for each emitter and event, and says which and how many.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

const warned = [];
process.on('warning', (warning) => warned.push(warning));

const add = (emitter, event, count) => {
  for (let i = 0; i < count; i += 1) {
    emitter.on(event, () => {});
  }
};

const first = new EventEmitter();
add(first, 'ten', 10);
add(first, 'eleven', 11);
add(first, 'thirty', 30);
add(first, 'ten', 5);

const second = new EventEmitter();
second.setMaxListeners(2);
second.once('event', () => {});
second.prependListener('event', () => {});
second.prependOnceListener('event', () => {});
second.on('event', () => {});

const third = new EventEmitter();
third.setMaxListeners(1);
add(third, 'lowered', 1);
third.setMaxListeners(0);
add(third, 'none', 30);
third.setMaxListeners(Infinity);
add(third, 'infinite', 30);
third.setMaxListeners(3);
add(third, 'none', 1);
third.setMaxListeners(0.5);
add(third, 'half', 1);
add(third, 'half', 1);

// Emptied and filled again it warns again; one listener less and one more it does not.
const fourth = new EventEmitter();
fourth.setMaxListeners(2);
const extra = () => {};
add(fourth, 'refilled', 2);
fourth.on('refilled', extra);
fourth.off('refilled', extra);
fourth.on('refilled', extra);
fourth.removeAllListeners('refilled');
add(fourth, 'refilled', 3);

// Warnings are delivered after the synchronous code.
setImmediate(() => {
  const emitters = [first, second, third, fourth];
  for (const warning of warned) {
    const place = emitters.indexOf(warning.emitter);
    trace('warning', warning.name, place, warning.type, warning.count);
    trace('message', warning.message.split(' listeners added')[0]);
  }
});
