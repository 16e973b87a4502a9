// Without a host a server listens at once, with one a little later; 'listening' follows the code.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');

const cases = [[0], [0, '127.0.0.1'], [{ port: 0 }], [{ port: 0, host: '127.0.0.1' }]];

const next = () => {
  const args = cases.shift();
  if (!args) {
    return;
  }
  const server = net.createServer();
  const state = (label) => trace(label, server.listening, server.address() !== null);
  server.on('listening', () => state('first listener'));
  state('before');
  const result = server.listen(...args, () => {
    state('callback');
    trace('listeners', server.listenerCount('listening'));
  });
  server.on('listening', () => {
    state('last listener');
    trace('close', server.close() === server);
    state('closing');
  });
  server.on('close', () => {
    state('closed');
    next();
  });
  trace('returned', result === server);
  state('after');
};

next();
