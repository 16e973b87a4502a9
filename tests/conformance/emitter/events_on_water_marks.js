// events.on() pauses an emitter that has too much buffered, and resumes it when that is read.
'use strict';

const events = require('node:events');
const { trace } = require('../conformance_trace');

class Source extends events.EventEmitter {
  pause() {
    trace('pause');
  }

  resume() {
    trace('resume');
  }
}

const source = new Source();

const step = async (iterator) => {
  try {
    const { value, done } = await iterator.next();
    trace(done ? 'done' : 'value', value);
  } catch (err) {
    trace('threw', err);
  }
};

const emit = (...values) => {
  for (const value of values) {
    trace('emit', value);
    source.emit('event', value);
  }
};

const main = async () => {
  // Paused once above the high mark, resumed once below the low one.
  let iterator = events.on(source, 'event', { highWaterMark: 3, lowWaterMark: 2, close: ['end'] });
  emit(1, 2, 3, 4, 5);
  await step(iterator);
  await step(iterator);
  await step(iterator);
  await step(iterator);
  await step(iterator);

  // And again.
  emit(6, 7, 8, 9);
  await step(iterator);
  await step(iterator);
  await step(iterator);
  await step(iterator);

  // A value that goes straight to a waiting step fills nothing.
  process.nextTick(() => emit(10, 11, 12));
  await step(iterator);
  await step(iterator);
  await step(iterator);

  // Ended while paused: what is left is read without a resume.
  emit(13, 14, 15, 16);
  source.emit('end');
  for (let i = 0; i < 5; i += 1) {
    await step(iterator);
  }

  // The low mark is 1 by default: resumed when everything was read.
  iterator = events.on(source, 'event', { highWaterMark: 1 });
  emit(17, 18, 19);
  await step(iterator);
  await step(iterator);
  await step(iterator);
  await iterator.return();

  // Without marks there is no limit.
  iterator = events.on(source, 'event');
  for (let i = 0; i < 100; i += 1) {
    source.emit('event', i);
  }
  await step(iterator);
  await iterator.return();

  // Both must be whole numbers from 1 on.
  for (const bad of [0, -1, 1.5, NaN, 'x']) {
    for (const name of ['highWaterMark', 'lowWaterMark']) {
      try {
        events.on(source, 'event', { [name]: bad });
        trace('never here');
      } catch (err) {
        trace('refused', err);
      }
    }
  }
  trace('nothing was added', source.eventNames());
};

main();
