// An emitter with a rejection method gets the failures of its listeners there, with the arguments.
'use strict';

const { EventEmitter, captureRejectionSymbol } = require('node:events');
const { trace } = require('../conformance_trace');

class Careful extends EventEmitter {
  constructor() {
    super({ captureRejections: true });
  }

  [captureRejectionSymbol](err, event, ...args) {
    trace('method', err, event, ...args);
  }
}

trace('one symbol', EventEmitter.captureRejectionSymbol === captureRejectionSymbol);

const careful = new Careful();
careful.on('error', () => trace('never called'));
careful.on('event', async () => { throw new Error('first'); });
trace('emit', careful.emit('event', 1, 'two', null));
trace('emit', careful.emit('event'));

// Failures of 'error' listeners go there too.
const careless = new Careful();
careless.on('error', async () => { throw new Error('while handling'); });
trace('emit', careless.emit('error', new Error('handled badly')));

// The method may be set on one emitter.
const single = new EventEmitter({ captureRejections: true });
single[captureRejectionSymbol] = (...args) => trace('own method', ...args);
single.on('event', async () => { throw new Error('second'); });
trace('emit', single.emit('event', 3));
trace('last line of the program');
