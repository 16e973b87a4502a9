// close() right after listen(): 'listening' never comes, 'close' does.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');

const cases = {
  'without host': [0],
  'with host': [0, '127.0.0.1'],
  'with name': [0, 'localhost'],
};

const next = () => {
  const [name] = Object.keys(cases);
  if (name === undefined) {
    return;
  }
  const args = cases[name];
  delete cases[name];
  const server = net.createServer();
  server.on('error', (err) => trace(name, 'error', err));
  server.on('close', () => {
    trace(name, 'close', server.listening, server.listenerCount('listening'));
    server.removeAllListeners();
    // It can be used again.
    server.on('listening', () => {
      trace(name, 'listening', server.listening);
      server.close(next);
    });
    server.listen(...args);
  });
  server.listen(...args, () => trace('never called'));
  server.close((...errors) => trace(name, 'callback', ...errors));
  trace(name, 'after', server.listening, server.address());
};

next();
