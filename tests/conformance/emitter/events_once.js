// events.once() gives the arguments of the next emit, or throws the error that comes first.
'use strict';

const events = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new events.EventEmitter();
const counts = () => [emitter.listenerCount('event'), emitter.listenerCount('error')];

const main = async () => {
  process.nextTick(() => {
    trace('waiting', counts());
    trace('emit', emitter.emit('event', 1, 'two', null));
    trace('emit', emitter.emit('event', 'missed'));
  });
  trace('result', await events.once(emitter, 'event'));
  trace('removed', counts());

  process.nextTick(() => emitter.emit('event'));
  trace('no arguments', await events.once(emitter, 'event'));

  // An error instead of the event.
  const error = new Error('came instead');
  process.nextTick(() => trace('emit', emitter.emit('error', error)));
  try {
    await events.once(emitter, 'event');
  } catch (err) {
    trace('threw', err === error, err);
  }
  trace('removed', counts());

  // The error is what is waited for.
  process.nextTick(() => {
    trace('waiting', counts());
    emitter.emit('error', error, 'extra');
  });
  trace('result', await events.once(emitter, 'error'));
  trace('removed', counts());

  // The listeners of others are left alone, and their 'error' listener does not save this one.
  emitter.on('event', (...args) => trace('listener', ...args));
  emitter.on('error', (...args) => trace('error listener', ...args));
  process.nextTick(() => emitter.emit('event', 'both'));
  trace('result', await events.once(emitter, 'event'));
  process.nextTick(() => emitter.emit('error', error));
  try {
    await events.once(emitter, 'event');
  } catch (err) {
    trace('threw', err);
  }
  trace('left', counts());

  // One waits for one event, and gets that one.
  process.nextTick(() => emitter.emit('other', 'other'));
  process.nextTick(() => emitter.emit('event', 'wanted'));
  trace('result', await events.once(emitter, 'event'));
};

main();
