// The functions of the events module refuse what they cannot use, each with Node's code and text.
'use strict';

const events = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new events.EventEmitter();
const listener = () => {};

const attempt = async (label, fn) => {
  try {
    await fn();
    trace(label, 'passed');
  } catch (err) {
    trace(label, err);
  }
};

const main = async () => {
  for (const bad of [5, 'x']) {
    await attempt('once, emitter', () => events.once(bad, 'event'));
    await attempt('once, options', () => events.once(emitter, 'event', bad));
    await attempt('once, signal', () => events.once(emitter, 'event', { signal: bad }));
    await attempt('on, emitter', () => events.on(bad, 'event'));
    await attempt('on, options', () => events.on(emitter, 'event', bad));
    await attempt('on, signal', () => events.on(emitter, 'event', { signal: bad }));
    await attempt('addAbortListener, signal', () => events.addAbortListener(bad, listener));
    await attempt('addAbortListener, listener', () => {
      events.addAbortListener(new AbortController().signal, bad);
    });
  }
  trace('nothing was added', emitter.eventNames());
};

main();
