// What listen() cannot understand it throws, and the server is as before.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');

const cases = [
  [-1], [65536], [1e10], ['65536'], [1.5], [NaN], [Infinity], ['0.5'], [' '],
  [{ port: -1 }], [{ port: 'x' }], [{ port: '' }], [{ port: 70000, host: '127.0.0.1' }],
  [{ port: 0, host: 5 }], [{ port: 0, host: true }], [{ port: 0, host: [] }],
  [{ port: 0, host: '' }], [{ port: 0, host: 0 }], [{ port: 0, host: false }],
  [{ port: 0, host: NaN }], [{ port: 0, host: null }],
  [{ port: 0, handle: {} }], [{ port: 0, handle: [] }], [{ port: 0, handle: 0 }],
  [{ port: 0, handle: '' }], [{ port: 0, handle: NaN }], [{ port: 0, handle: null }],
  [{ host: '127.0.0.1' }], [{ backlog: 5 }], [{}],
  [{ port: true }], [{ port: false }], [{ port: [] }],
  [{ path: '' }], [{ path: null }], [{ path: 5 }], [{ path: true }],
  [true], [false],
];

for (const args of cases) {
  const server = net.createServer();
  server.on('error', (err) => trace('error', err));
  server.on('listening', () => trace('listens'));
  const label = 'listen';
  try {
    server.listen(...args);
    trace(label, args, 'passed', server.listening);
    server.close();
  } catch (err) {
    trace(label, args, err.code, err.name, server.listening);
    // How objects and lists are written is each language's own affair.
    if (err.code !== 'ERR_INVALID_ARG_VALUE' && !err.message.includes('an instance of')) {
      trace('message', err.message);
    }
  }
}
