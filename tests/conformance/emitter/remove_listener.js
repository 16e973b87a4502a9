// 'removeListener' comes after the removal; for one-shot listeners it passes what Node passes.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

const a = () => {};
const b = () => {};

let emitter = new EventEmitter();
const watch = () => {
  emitter.on('removeListener', (event, fn) => {
    const known = fn === a ? 'a' : fn === b ? 'b' : fn.listener === a ? 'wrapped a' : 'unknown';
    trace('removed', event, known, emitter.listenerCount(event));
  });
};
watch();

emitter.on('event', a);
emitter.on('event', b);
emitter.off('event', a);
emitter.removeListener('event', b);
emitter.off('event', b);
emitter.off('nothing', a);
emitter.on('event', b);
emitter.off('event', a);
emitter.off('event', b);

// A one-shot listener that fires: the function if it was alone, its wrapper if there were others.
emitter.once('alone', a);
emitter.emit('alone');
emitter.once('several', a);
emitter.on('several', b);
emitter.emit('several');
emitter.on('last two', b);
emitter.once('last two', a);
emitter.emit('last two');

// Taken away by off(), it is what off() was given, or the function if it was alone.
emitter.once('off alone', a);
emitter.off('off alone', a);
emitter.once('off several', a);
emitter.on('off several', b);
emitter.off('off several', a);
emitter.once('off wrapper', a);
emitter.on('off wrapper', b);
emitter.off('off wrapper', emitter.rawListeners('off wrapper')[0]);
emitter.once('off wrapper alone', a);
emitter.off('off wrapper alone', emitter.rawListeners('off wrapper alone')[0]);

// With removeAllListeners(event) too.
emitter.once('all alone', a);
emitter.removeAllListeners('all alone');
emitter.once('all several', a);
emitter.on('all several', b);
emitter.removeAllListeners('all several');

// Removing a 'removeListener' listener tells those that are left.
emitter.on('removeListener', a);
emitter.off('removeListener', a);

// Inside the listener the removal has already happened, and can be undone.
emitter = new EventEmitter();
emitter.once('removeListener', (event, fn) => {
  trace('put back', emitter.listenerCount(event));
  emitter.on(event, fn);
});
emitter.on('event', a);
emitter.off('event', a);
trace('count', emitter.listenerCount('event'), emitter.eventNames());
