// events.on() iterates over the arguments of each emit, buffering what comes between two steps.
'use strict';

const events = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new events.EventEmitter();
const counts = () => [emitter.listenerCount('event'), emitter.listenerCount('error')];

const step = async (iterator) => {
  try {
    const { value, done } = await iterator.next();
    trace(done ? 'done' : 'value', value);
  } catch (err) {
    trace('threw', err);
  }
};

const main = async () => {
  // What was emitted before the first step is not lost; what was before on() is.
  emitter.emit('event', 'before');
  let iterator = events.on(emitter, 'event');
  trace('listening', counts());
  emitter.emit('event', 1);
  emitter.emit('event', 2, 'two');
  emitter.emit('event');
  emitter.emit('other', 'not this one');
  await step(iterator);
  await step(iterator);
  await step(iterator);

  // Nothing buffered: the step waits.
  process.nextTick(() => {
    emitter.emit('event', 'awaited');
    emitter.emit('event', 'buffered');
  });
  await step(iterator);
  await step(iterator);

  // Given up: the listeners go, and the iterator has ended.
  await iterator.return();
  trace('returned', counts());
  emitter.emit('event', 'unheard');
  await step(iterator);
  await step(iterator);

  // What is still buffered when it is given up can be read.
  iterator = events.on(emitter, 'event');
  emitter.emit('event', 'left over');
  await iterator.return();
  await step(iterator);
  await step(iterator);

  // As a loop.
  iterator = events.on(emitter, 'event');
  process.nextTick(() => {
    for (let i = 0; i < 5; i += 1) {
      emitter.emit('event', i, i * i);
    }
  });
  for await (const [number, square] of iterator) {
    trace('loop', number, square);
    if (number === 2) {
      break;
    }
  }
  await iterator.return();
  trace('left the loop', counts());

  // Two iterators of one event each see everything.
  const first = events.on(emitter, 'event');
  const second = events.on(emitter, 'event');
  emitter.emit('event', 'for both');
  await step(first);
  await step(second);
  await first.return();
  emitter.emit('event', 'for the second');
  await step(first);
  await step(second);
  await second.return();
  trace('nobody left', counts());
};

main();
