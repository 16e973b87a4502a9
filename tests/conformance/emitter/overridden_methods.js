// What a subclass overrides is what the other methods and the module's functions call.
'use strict';

const events = require('node:events');
const { trace } = require('../conformance_trace');

class Talkative extends events.EventEmitter {
  on(event, listener) {
    trace('on', event);
    return super.on(event, listener);
  }

  prependListener(event, listener) {
    trace('prependListener', event);
    return super.prependListener(event, listener);
  }

  removeListener(event, listener) {
    trace('removeListener', event);
    return super.removeListener(event, listener);
  }

  emit(event, ...args) {
    trace('emit', event);
    return super.emit(event, ...args);
  }
}

const emitter = new Talkative();
const listener = () => {};

// One-shot listeners are added with the plain method, and taken off with removeListener().
emitter.once('a', () => trace('called'));
emitter.prependOnceListener('a', () => trace('called first'));
emitter.emit('a');

// The emitter's own events go through emit().
emitter.on('newListener', listener);
emitter.on('removeListener', listener);
emitter.on('b', listener);
emitter.removeListener('b', listener);
emitter.on(events.errorMonitor, listener);
emitter.on('error', listener);
emitter.emit('error', new Error('handled'));

// With someone who listens for it, removeAllListeners() takes off one after the other.
emitter.on('c', listener);
emitter.on('c', () => {});
emitter.removeAllListeners('c');

// Without one, it does not.
const quiet = new Talkative();
quiet.on('d', listener);
quiet.removeAllListeners();
trace('names', quiet.eventNames());

// The functions of the module ask the method of the same name.
class Evasive extends events.EventEmitter {
  listeners() {
    return [listener];
  }

  listenerCount() {
    return 42;
  }
}

const evasive = new Evasive();
trace('listeners', events.getEventListeners(evasive, 'x').length);
trace('count', events.listenerCount(evasive, 'x'));
