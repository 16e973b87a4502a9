// addAbortListener() calls its listener once when the signal aborts, unless disposed of before.
'use strict';

const events = require('node:events');
const { trace } = require('../conformance_trace');

let controller = new AbortController();
events.addAbortListener(controller.signal, (event) => {
  trace('first', event.type, event.target === controller.signal, controller.signal.aborted);
});
events.addAbortListener(controller.signal, () => trace('second'));
trace('before', controller.signal.aborted);
controller.abort();
trace('after', controller.signal.aborted);
controller.abort();
trace('once only');

// Disposed of in time.
controller = new AbortController();
let disposable = events.addAbortListener(controller.signal, () => trace('never called'));
disposable[Symbol.dispose]();
disposable[Symbol.dispose]();
controller.abort();
disposable[Symbol.dispose]();
trace('disposed');

// Only the one that was disposed of is gone.
controller = new AbortController();
events.addAbortListener(controller.signal, () => trace('kept'));
disposable = events.addAbortListener(controller.signal, () => trace('never called'));
events.addAbortListener(controller.signal, () => trace('kept too'));
disposable[Symbol.dispose]();
controller.abort();

// The same function twice is one listener, which either of the two takes off.
controller = new AbortController();
const listener = () => trace('called');
events.addAbortListener(controller.signal, listener);
events.addAbortListener(controller.signal, listener);
controller.abort();
controller = new AbortController();
events.addAbortListener(controller.signal, listener);
events.addAbortListener(controller.signal, listener)[Symbol.dispose]();
controller.abort();
trace('one listener');

// A block can dispose of it at its end.
controller = new AbortController();
{
  using scoped = events.addAbortListener(controller.signal, () => trace('never called'));
  trace('in the block', scoped !== null);
}
controller.abort();
trace('after the block');

// Already aborted: called soon, but not before the call has returned, and not to be stopped.
disposable = events.addAbortListener(controller.signal, () => trace('called late'));
disposable[Symbol.dispose]();
trace('last line of the program');
