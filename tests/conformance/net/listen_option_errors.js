// Options of listen() that are refused at once: signals that are none, modes of abstract names.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');

class Widget {}

const cases = [
  { port: 0, signal: 5 }, { port: 0, signal: null }, { port: 0, signal: 'x' },
  { port: 0, signal: new Widget() }, { port: -1, signal: new Widget() }, { signal: true },
  { fd: 9999, signal: false },
  { path: '\0gnet', readableAll: true }, { path: '\0gnet', writableAll: 1 },
  { signal: new AbortController().signal },
];

for (const options of cases) {
  const server = net.createServer();
  server.on('error', (err) => trace('error', err));
  server.on('listening', () => trace('listening'));
  try {
    server.listen(options);
    trace('passed', server.listening);
  } catch (err) {
    trace('threw', err.code, err.name, server.listening);
    // How an object is written is each language's own affair.
    if (err.code !== 'ERR_INVALID_ARG_VALUE') {
      trace('message', err.message);
    }
  }
}
