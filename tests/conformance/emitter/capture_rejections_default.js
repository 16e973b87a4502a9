// EventEmitter.captureRejections is the default for emitters made from then on.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

const attempt = (label, fn) => {
  try {
    fn();
    trace(label, 'passed');
  } catch (err) {
    trace(label, err);
  }
};

trace('default', EventEmitter.captureRejections);
const before = new EventEmitter();
EventEmitter.captureRejections = true;
trace('default', EventEmitter.captureRejections);
const during = new EventEmitter();
const refusing = new EventEmitter({ captureRejections: false });
const optionless = new EventEmitter({});
EventEmitter.captureRejections = false;
const after = new EventEmitter();

process.on('unhandledRejection', (err) => trace('uncaught', err));
const emitters = { before, during, refusing, optionless, after };

const main = async () => {
  for (const [name, emitter] of Object.entries(emitters)) {
    emitter.on('error', (err) => trace('captured', err));
    emitter.on('event', async () => { throw new Error(name); });
    trace('emit', name, emitter.emit('event'));
    // The next round begins when all that this one caused has run.
    await new Promise((resolve) => { setImmediate(resolve); });
  }

  // Only a boolean will do, as the default and as the option; a false value of any type is none.
  for (const bad of [1, 'yes', null]) {
    attempt('default', () => { EventEmitter.captureRejections = bad; });
  }
  for (const bad of [1, 'yes']) {
    attempt('option', () => new EventEmitter({ captureRejections: bad }));
  }
  for (const falsy of [0, '', null]) {
    attempt('option', () => new EventEmitter({ captureRejections: falsy }));
  }
  trace('default', EventEmitter.captureRejections);
};

main();
