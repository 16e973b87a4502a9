// A signal ends events.on() with an AbortError, after what was buffered before it.
'use strict';

const events = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new events.EventEmitter();
const counts = () => [emitter.listenerCount('event'), emitter.listenerCount('error')];
const reason = new Error('no longer needed');

const step = async (iterator) => {
  try {
    const { value, done } = await iterator.next();
    trace(done ? 'done' : 'value', value);
  } catch (err) {
    trace('threw', err, err.cause === reason);
  }
};

const main = async () => {
  // Aborted beforehand: refused by the call itself.
  try {
    events.on(emitter, 'event', { signal: AbortSignal.abort(reason) });
    trace('never here');
  } catch (err) {
    trace('threw', err, err.cause === reason);
  }
  trace('counts', counts());

  // Aborted while a step waits.
  let controller = new AbortController();
  let iterator = events.on(emitter, 'event', { signal: controller.signal });
  trace('listening', counts());
  process.nextTick(() => controller.abort(reason));
  await step(iterator);
  await step(iterator);
  trace('removed', counts());

  // Aborted between steps.
  controller = new AbortController();
  iterator = events.on(emitter, 'event', { signal: controller.signal });
  emitter.emit('event', 1);
  emitter.emit('event', 2);
  controller.abort(reason);
  trace('removed', counts());
  emitter.emit('event', 'unheard');
  await step(iterator);
  await step(iterator);
  await step(iterator);
  await step(iterator);

  // In a loop, by its own body.
  controller = new AbortController();
  iterator = events.on(emitter, 'event', { signal: controller.signal });
  emitter.emit('event', 'only one');
  try {
    for await (const args of iterator) {
      trace('loop', args);
      controller.abort(reason);
    }
    trace('never here');
  } catch (err) {
    trace('threw', err);
  }

  // Given up first: a later abort does nothing.
  controller = new AbortController();
  iterator = events.on(emitter, 'event', { signal: controller.signal });
  await iterator.return();
  controller.abort(reason);
  await step(iterator);
  trace('removed', counts());
};

main();
