// errorMonitor listeners see an error before the 'error' listeners, and do not handle it.
'use strict';

const { EventEmitter, errorMonitor } = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new EventEmitter();
const error = new Error('went wrong');

trace('one symbol', EventEmitter.errorMonitor === errorMonitor);

emitter.on(errorMonitor, (...args) => trace('monitor', ...args));
try {
  emitter.emit('error', error, 'extra');
} catch (err) {
  trace('threw', err === error);
}

emitter.on('error', (...args) => trace('handler', ...args));
emitter.on(errorMonitor, () => trace('second monitor'));
emitter.prependListener('error', () => trace('first handler'));
trace('emit', emitter.emit('error', error, 'extra'));

// Only errors are monitored.
trace('emit', emitter.emit('event', error));

// Emitted under its own name it is an event like any other.
trace('emit', emitter.emit(errorMonitor, 'by hand'));
trace('count', emitter.listenerCount('error'), emitter.listenerCount(errorMonitor));

// A one-shot monitor, and none at all.
emitter.removeAllListeners(errorMonitor);
emitter.once(errorMonitor, () => trace('once'));
emitter.emit('error', error);
emitter.emit('error', error);
trace('count', emitter.listenerCount(errorMonitor));

// A monitor that adds a handler is in time.
const late = new EventEmitter();
late.on(errorMonitor, () => late.on('error', () => trace('added by the monitor')));
trace('emit', late.emit('error', error));

// One that throws takes the place of the error.
const loud = new EventEmitter();
loud.on(errorMonitor, () => { throw new Error('the monitor failed'); });
loud.on('error', () => trace('never called'));
try {
  loud.emit('error', error);
} catch (err) {
  trace('threw', err);
}
