// The functions of the events module take an AbortSignal where they take an emitter.
'use strict';

const events = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new events.EventEmitter();
const { signal } = new AbortController();
const listener = () => {};

// Its listeners.
trace('none', events.getEventListeners(signal, 'abort'), events.listenerCount(signal, 'abort'));
const disposable = events.addAbortListener(signal, listener);
events.addAbortListener(signal, () => {});
trace('two', events.getEventListeners(signal, 'abort'), events.listenerCount(signal, 'abort'));
trace('as given', events.getEventListeners(signal, 'abort')[0] === listener);
trace('other event', events.getEventListeners(signal, 'x'), events.listenerCount(signal, 'x'));
disposable[Symbol.dispose]();
trace('disposed', events.listenerCount(signal, 'abort'));

// Its limit: none at first, whatever the default.
trace('limit', events.getMaxListeners(signal));
events.setMaxListeners(3, emitter, signal);
trace('limits', events.getMaxListeners(signal), events.getMaxListeners(emitter));
events.setMaxListeners(5);
trace('limits', events.getMaxListeners(signal), events.getMaxListeners(emitter));
