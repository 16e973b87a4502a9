// removeAllListeners() tells of each removal, last listener first and 'removeListener' at the end.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

const a = () => {};
const b = () => {};
const c = () => {};
const nameOf = (fn) => [a, b, c].indexOf(fn.listener ?? fn);
const tell = (label) => (event, fn) => trace(label, event, nameOf(fn));

let emitter = new EventEmitter();
emitter.on('x', a).on('x', b).on('x', c).on('y', a);
trace('removeAllListeners', emitter.removeAllListeners('x') === emitter, emitter.eventNames());
trace('emit', emitter.emit('x'), emitter.emit('y'));
emitter.removeAllListeners('unknown');
trace('names', emitter.eventNames());
emitter.removeAllListeners();
trace('names', emitter.eventNames());
emitter.removeAllListeners().removeAllListeners('x');

// One event, with someone who listens.
emitter = new EventEmitter();
emitter.on('removeListener', tell('removed'));
emitter.on('x', a).on('x', b).once('x', c).on('x', a).on('y', b);
emitter.removeAllListeners('x');
trace('names', emitter.eventNames());
emitter.removeAllListeners('unknown');

// All events: in the order of registration, each from its last listener to its first.
emitter = new EventEmitter();
emitter.on('x', a);
emitter.on('removeListener', tell('first'));
emitter.on('y', b).on('y', c);
emitter.on('removeListener', tell('second'));
emitter.on('x', c).once('z', a);
emitter.removeAllListeners();
trace('names', emitter.eventNames(), emitter.listenerCount('removeListener'));

// The 'removeListener' listeners alone.
emitter = new EventEmitter();
emitter.on('removeListener', tell('one'));
emitter.on('removeListener', a);
emitter.on('removeListener', b);
emitter.removeAllListeners('removeListener');
trace('names', emitter.eventNames());

// In the middle of an emit.
emitter = new EventEmitter();
const removeAll = () => {
  emitter.removeAllListeners('x');
  trace('all gone', emitter.listenerCount('x'));
};
emitter.on('x', removeAll);
emitter.on('x', () => trace('goes on'));
trace('emit', emitter.emit('x'), emitter.emit('x'));
