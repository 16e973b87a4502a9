// events.on() throws an 'error' once, after what was buffered before it, and has then ended.
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
  // Buffered values come first.
  let iterator = events.on(emitter, 'event');
  emitter.emit('event', 1);
  emitter.emit('event', 2);
  trace('emit', emitter.emit('error', new Error('came third')));
  trace('removed', counts());
  emitter.emit('event', 'unheard');
  await step(iterator);
  await step(iterator);
  await step(iterator);
  await step(iterator);

  // A waiting step gets it at once.
  iterator = events.on(emitter, 'event');
  process.nextTick(() => emitter.emit('error', new Error('while waiting')));
  await step(iterator);
  await step(iterator);
  trace('removed', counts());

  // A loop is left by it.
  iterator = events.on(emitter, 'event');
  process.nextTick(() => {
    emitter.emit('event', 'last');
    emitter.emit('error', new Error('ends the loop'));
  });
  try {
    for await (const args of iterator) {
      trace('loop', args);
    }
    trace('never here');
  } catch (err) {
    trace('threw', err);
  }

  // throw() acts like an 'error' event.
  iterator = events.on(emitter, 'event');
  emitter.emit('event', 'first');
  iterator.throw(new Error('thrown in'));
  trace('removed', counts());
  await step(iterator);
  await step(iterator);
  await step(iterator);

  // It takes errors only.
  iterator = events.on(emitter, 'event');
  for (const bad of [5, 'x', null]) {
    try {
      iterator.throw(bad);
      trace('never here');
    } catch (err) {
      trace('refused', err);
    }
  }
  trace('still listening', counts());
  await iterator.return();

  // Iterating over 'error' itself: errors are values.
  iterator = events.on(emitter, 'error');
  trace('listening', counts());
  emitter.emit('error', new Error('a value'), 'extra');
  await step(iterator);
  await iterator.return();
  trace('removed', counts());
};

main();
