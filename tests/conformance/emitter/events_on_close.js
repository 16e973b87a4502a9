// The close option of events.on() names the events that end the iteration.
'use strict';

const events = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new events.EventEmitter();
const counts = () => ['event', 'error', 'end', 'close'].map((name) => emitter.listenerCount(name));

const step = async (iterator) => {
  try {
    const { value, done } = await iterator.next();
    trace(done ? 'done' : 'value', value);
  } catch (err) {
    trace('threw', err);
  }
};

const main = async () => {
  // What was buffered before is still delivered.
  let iterator = events.on(emitter, 'event', { close: ['end', 'close'] });
  trace('listening', counts());
  emitter.emit('event', 1);
  emitter.emit('event', 2);
  trace('emit', emitter.emit('end', 'ignored'));
  trace('removed', counts());
  emitter.emit('event', 'unheard');
  await step(iterator);
  await step(iterator);
  await step(iterator);
  await step(iterator);

  // A waiting step ends.
  iterator = events.on(emitter, 'event', { close: ['end', 'close'] });
  process.nextTick(() => emitter.emit('close'));
  await step(iterator);
  trace('removed', counts());

  // So does a loop.
  iterator = events.on(emitter, 'event', { close: ['end'] });
  process.nextTick(() => {
    emitter.emit('close');
    emitter.emit('event', 'a');
    emitter.emit('event', 'b');
    emitter.emit('end');
  });
  for await (const args of iterator) {
    trace('loop', args);
  }
  trace('loop ended', counts());

  // No close events: the same as no option.
  iterator = events.on(emitter, 'event', { close: [] });
  emitter.emit('end');
  emitter.emit('event', 'goes on');
  await step(iterator);
  await iterator.return();
  trace('removed', counts());

  // The event itself may be the one that ends it: this emit is the last value.
  iterator = events.on(emitter, 'event', { close: ['event'] });
  trace('listening', counts());
  emitter.emit('event', 'only one');
  emitter.emit('event', 'unheard');
  await step(iterator);
  await step(iterator);
  trace('removed', counts());
};

main();
