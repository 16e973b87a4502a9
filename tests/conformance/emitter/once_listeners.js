// A one-shot listener is removed before it is called, so it is called once even if it emits again.
'use strict';

const { EventEmitter } = require('node:events');
const { trace } = require('../conformance_trace');

const emitter = new EventEmitter();

emitter.once('event', (...args) => {
  trace('called', emitter.listenerCount('event'), ...args);
  trace('inner emit', emitter.emit('event', 'again'));
});
trace('before', emitter.listenerCount('event'));
trace('emit', emitter.emit('event', 1, 2));
trace('emit', emitter.emit('event', 3));

// Beside a lasting listener the inner emit reaches only that one, and the outer emit goes on.
emitter.once('pair', (depth) => {
  trace('once', depth);
  emitter.emit('pair', depth + 1);
});
emitter.on('pair', (depth) => trace('on', depth));
emitter.emit('pair', 0);
emitter.emit('pair', 0);

// A one-shot listener goes by the function that was given.
const listener = () => trace('never called');
emitter.once('removed', listener);
emitter.prependOnceListener('removed', listener);
trace('registered', emitter.listenerCount('removed'));
emitter.off('removed', listener);
trace('one removed', emitter.listenerCount('removed'));
emitter.removeListener('removed', listener);
trace('both removed', emitter.listenerCount('removed'));
trace('emit', emitter.emit('removed'));

// Registered again from inside itself, it waits for the next emit.
let rounds = 0;
const renew = () => {
  rounds += 1;
  trace('round', rounds);
  if (rounds < 3) {
    emitter.once('renewed', renew);
  }
};
emitter.once('renewed', renew);
while (emitter.emit('renewed')) {
  trace('next');
}
