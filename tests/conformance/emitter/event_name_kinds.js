// Symbols are event names of their own, and eventNames() lists them after the strings.
'use strict';

const { EventEmitter, errorMonitor } = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new EventEmitter();
const key = Symbol('key');
const twin = Symbol('key');

emitter.on(errorMonitor, () => {});
emitter.on('key', (...args) => trace('string', ...args));
emitter.on('later', () => {});
emitter.on(key, (...args) => trace('key', ...args));
trace('emit', emitter.emit(key, 1));
trace('emit', emitter.emit('key', 2));
trace('emit', emitter.emit(twin, 3));

const names = emitter.eventNames();
trace('names', names);
trace('same values', names.includes(key), names.includes(errorMonitor));

emitter.on('newListener', (event) => trace('new', event));
emitter.on('removeListener', (event) => trace('removed', event));
emitter.once(key, () => {});
emitter.removeAllListeners(key);
trace('count', emitter.listenerCount(key), emitter.listenerCount('key'));

// An empty string and names that other languages would trip over are plain names.
for (const name of ['', '__proto__', 'constructor', 'toString', '__init__', '_events']) {
  trace('unknown', name, emitter.listenerCount(name), emitter.emit(name));
}
emitter.removeAllListeners();
emitter.on('', () => trace('empty'));
emitter.on('__proto__', () => trace('proto'));
trace('emit', emitter.emit(''), emitter.emit('__proto__'));
trace('names', emitter.eventNames());
