// A failure nobody captures or handles is reported as uncaught, once, and the program goes on.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

// Node tells the two kinds apart, which is not what this scenario is about.
process.on('uncaughtException', (err) => trace('uncaught', err));
process.on('unhandledRejection', (err) => trace('uncaught', err));

const step = (label, emitter) => {
  trace(label, emitter.emit('event'));
  // The next step begins when all that this one caused has run.
  return new Promise((resolve) => { setImmediate(resolve); });
};

const main = async () => {
  const off = new EventEmitter();
  off.on('error', () => trace('never called'));
  off.on('event', async () => { throw new Error('not captured'); });
  await step('capture off', off);

  const unhandled = new EventEmitter({ captureRejections: true });
  unhandled.on('event', async () => { throw new Error('captured, not handled'); });
  await step('no error listener', unhandled);

  const failing = new EventEmitter({ captureRejections: true });
  failing.on('event', async () => { throw new Error('captured'); });
  failing.on('error', (err) => {
    trace('error', err);
    throw new Error('the handler failed');
  });
  await step('handler throws', failing);

  // The handler's own rejection is not captured again, or this would never end.
  const looping = new EventEmitter({ captureRejections: true });
  looping.on('event', async () => { throw new Error('captured'); });
  looping.on('error', async (err) => {
    await null;
    trace('error', err);
    throw new Error('the handler failed too');
  });
  await step('handler rejects', looping);

  // Capturing is on again afterwards.
  looping.removeAllListeners('error');
  looping.on('error', (err) => trace('captured as before', err));
  await step('capture on again', looping);
};

main();
