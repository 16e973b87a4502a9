// events.once() is given up when its signal aborts, and leaves no listener behind.
'use strict';

const events = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new events.EventEmitter();
const counts = () => [emitter.listenerCount('event'), emitter.listenerCount('error')];
const reason = new Error('no longer needed');

const main = async () => {
  // Aborted beforehand.
  try {
    await events.once(emitter, 'event', { signal: AbortSignal.abort(reason) });
  } catch (err) {
    trace('threw', err, err.cause === reason);
  }
  trace('counts', counts());

  // Aborted while waiting.
  const controller = new AbortController();
  process.nextTick(() => {
    trace('waiting', counts());
    controller.abort(reason);
    trace('aborted', controller.signal.aborted, counts());
  });
  try {
    await events.once(emitter, 'event', { signal: controller.signal });
  } catch (err) {
    trace('threw', err, err.cause === reason);
  }
  trace('counts', counts());

  // The event comes first: a later abort does nothing.
  const late = new AbortController();
  process.nextTick(() => emitter.emit('event', 'in time'));
  trace('result', await events.once(emitter, 'event', { signal: late.signal }));
  late.abort(reason);
  trace('counts', counts());

  // The abort comes first: a later emit reaches nobody.
  const early = new AbortController();
  process.nextTick(() => {
    early.abort(reason);
    trace('emit', emitter.emit('event', 'too late'));
  });
  try {
    await events.once(emitter, 'event', { signal: early.signal });
  } catch (err) {
    trace('threw', err);
  }

  // An error comes first.
  const unused = new AbortController();
  process.nextTick(() => emitter.emit('error', new Error('came instead')));
  try {
    await events.once(emitter, 'event', { signal: unused.signal });
  } catch (err) {
    trace('threw', err);
  }
  trace('counts', counts());
};

main();
