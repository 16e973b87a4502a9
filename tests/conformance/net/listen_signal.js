// A signal closes the server: before it has listened, while it listens, never after it has closed.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');

const watched = (label) => net.createServer()
  .on('listening', () => trace(label, 'listening'))
  .on('error', (err) => trace(label, 'error', err))
  .on('close', () => trace(label, 'close'));

const aborted = watched('aborted before');
aborted.listen({ port: 0, signal: AbortSignal.abort() });
trace('aborted before', aborted.listening, aborted.listenerCount('close'));

const during = new AbortController();
const looking = watched('aborted at once');
looking.listen({ port: 0, host: 'localhost', signal: during.signal });
during.abort();
trace('aborted at once', looking.listening);

const later = new AbortController();
const open = watched('aborted later');
open.listen({ port: 0, host: '127.0.0.1', signal: later.signal }, () => {
  trace('aborted later', open.listenerCount('close'));
  open.on('close', () => trace('last', open.listenerCount('close')));
  later.abort();
  trace('aborted later', open.listening);
});

const never = new AbortController();
const closed = watched('closed before');
closed.listen({ port: 0, signal: never.signal }, () => {
  closed.close(() => {
    closed.listen(0, () => {
      never.abort();
      trace('closed before', closed.listening, closed.listenerCount('close'));
      closed.close();
    });
  });
});
