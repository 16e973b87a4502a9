// The functions of the events module ask and set the same as the methods of an emitter.
'use strict';

const events = require('node:events');
const { trace } = require('../conformance_trace');

const { EventEmitter } = events;
const emitter = new EventEmitter();
const other = new EventEmitter();
const a = () => {};
const b = () => {};

// Listeners: a copy, one-shot ones without their wrapper.
trace('none', events.getEventListeners(emitter, 'event'));
emitter.on('event', a);
emitter.once('event', b);
const listeners = events.getEventListeners(emitter, 'event');
trace('two', listeners.length, listeners[0] === a, listeners[1] === b);
listeners.pop();
trace('a copy', events.getEventListeners(emitter, 'event').length);
trace('count', events.listenerCount(emitter, 'event'), events.listenerCount(emitter, 'none'));

// Limits: read from one, set for several; the default is left alone.
trace('limit', events.getMaxListeners(emitter));
emitter.setMaxListeners(5);
trace('limit', events.getMaxListeners(emitter), events.getMaxListeners(other));
events.setMaxListeners(7, emitter, other);
trace('limits', emitter.getMaxListeners(), other.getMaxListeners());
trace('default', EventEmitter.defaultMaxListeners, new EventEmitter().getMaxListeners());
events.setMaxListeners(0, other);
trace('limits', emitter.getMaxListeners(), events.getMaxListeners(other));

// Without a target the default is set.
events.setMaxListeners(4);
trace('limits', new EventEmitter().getMaxListeners(), emitter.getMaxListeners());
