// The default limit applies to all emitters without one of their own, also to existing ones.
'use strict';

const events = require('node:events');
const { trace } = require('../conformance_trace');

const { EventEmitter } = events;

const warned = [];
process.on('warning', (warning) => warned.push(warning));

const add = (emitter, event, count) => {
  for (let i = 0; i < count; i += 1) {
    emitter.on(event, () => {});
  }
};

const existing = new EventEmitter();
const limited = new EventEmitter().setMaxListeners(5);
trace('default', EventEmitter.defaultMaxListeners);
trace('limits', existing.getMaxListeners(), limited.getMaxListeners());

EventEmitter.defaultMaxListeners = 2;
const fresh = new EventEmitter();
trace('limits', existing.getMaxListeners(), limited.getMaxListeners(), fresh.getMaxListeners());
add(existing, 'existing', 3);
add(limited, 'limited', 5);
add(fresh, 'fresh', 3);

// The function of the module sets the same default.
events.setMaxListeners(3);
trace('default', EventEmitter.defaultMaxListeners);
trace('limits', existing.getMaxListeners(), limited.getMaxListeners());
add(existing, 'three', 3);
add(existing, 'four', 4);

// No limit by default; a limit of one's own still counts.
EventEmitter.defaultMaxListeners = 0;
trace('limits', existing.getMaxListeners(), limited.getMaxListeners());
add(existing, 'many', 30);
add(limited, 'six', 6);
limited.setMaxListeners(0);
trace('limits', limited.getMaxListeners());

setImmediate(() => {
  for (const warning of warned) {
    trace('warning', warning.type, warning.count);
  }
});
