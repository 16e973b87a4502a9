// emit('error') without a listener throws the error, or wraps what is no error.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new EventEmitter();

const attempt = (label, fn) => {
  try {
    trace(label, fn());
  } catch (err) {
    trace(label, 'threw', err);
    return err;
  }
  return null;
};

// An error is thrown as it is.
const error = new Error('went wrong');
trace('same error', attempt('error', () => emitter.emit('error', error)) === error);
class OwnError extends Error {}
const own = new OwnError('own kind');
trace('same error', attempt('own error', () => emitter.emit('error', own, 'ignored')) === own);

// Anything else becomes the context of one that is.
for (const value of ['boom', '', 5, 0, 1.5]) {
  const thrown = attempt('value', () => emitter.emit('error', value));
  trace('context', thrown.context);
}
// How these are written in the message is each language's own affair.
for (const value of [null, true, ['a'], { reason: 'none' }]) {
  try {
    emitter.emit('error', value, 'ignored');
  } catch (err) {
    trace('context', err.code, err.context, err.context === value);
  }
}
try {
  emitter.emit('error');
} catch (err) {
  trace('no value', err.code);
}

// With a listener nothing is thrown, whatever the value.
emitter.once('error', (...args) => trace('handled', ...args));
trace('emit', emitter.emit('error', error, 'extra'));
emitter.once('error', (...args) => trace('handled', ...args));
trace('emit', emitter.emit('error', null));
emitter.once('error', (...args) => trace('handled', ...args));
trace('emit', emitter.emit('error'));

// The listener is spent: thrown again.
attempt('unhandled again', () => emitter.emit('error', error));
