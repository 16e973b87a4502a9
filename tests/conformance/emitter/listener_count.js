// listenerCount() and listeners() count and copy what is registered, wrapped or not.
'use strict';

const events = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new events.EventEmitter();
const a = () => {};
const b = () => {};
const c = () => {};
const count = (...args) => emitter.listenerCount(...args);

trace('none', emitter.listenerCount('x'), emitter.listenerCount('x', a));
emitter.on('x', a);
trace('one', count('x'), count('x', a), count('x', b));
emitter.once('x', b);
emitter.on('x', a);
trace('three', emitter.listenerCount('x'));
trace('by function', emitter.listenerCount('x', a), emitter.listenerCount('x', b));
trace('unknown function', emitter.listenerCount('x', c));
trace('unknown event', emitter.listenerCount('y'), emitter.listenerCount('y', a));
trace('function null', emitter.listenerCount('x', null));
trace('of the module', events.listenerCount(emitter, 'x'), events.listenerCount(emitter, 'y'));

// By wrapper.
const wrapper = emitter.rawListeners('x')[1];
trace('by wrapper', emitter.listenerCount('x', wrapper));
emitter.once('z', c);
trace('alone', count('z', c), count('z', emitter.rawListeners('z')[0]));

// What is returned is a copy.
const found = emitter.listeners('x');
trace('listeners', found.length, found[0] === a, found[1] === b, found[2] === a);
found.pop();
found.push(c, c);
trace('unchanged', emitter.listeners('x').length, emitter.listenerCount('x', c));
emitter.rawListeners('x').pop();
trace('unchanged', emitter.rawListeners('x').length);
trace('listeners of nothing', emitter.listeners('nothing'));
