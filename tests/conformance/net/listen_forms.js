// listen() takes its arguments in many forms; address() says where the server listens.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');

const callback = () => trace('callback');
const forms = {
  'nothing': [],
  'callback': [callback],
  'null': [null],
  'null, callback': [null, callback],
  '0': [0],
  'a string': ['0'],
  'port, callback': [0, callback],
  'port, host': [0, '127.0.0.1'],
  'port, host, backlog': [0, '127.0.0.1', 5, callback],
  'port, backlog': [0, 5, callback],
  'port, null, backlog': [0, null, 5, callback],
  'odd backlog': [0, '127.0.0.1', 'many', callback],
  'IPv6': [0, '::1', callback],
  'name': [0, 'localhost', callback],
  'empty host': [0, '', callback],
  'options': [{ port: 0, host: '127.0.0.1', backlog: 7 }, callback],
  'options with a string': [{ port: '0', host: '127.0.0.1' }],
  'options with null': [{ port: null }],
  'path is not used': [{ port: 0, host: '127.0.0.1', path: '/no/such/place' }],
  'unknown keys': [{ port: 0, host: '127.0.0.1', wood: 'pine' }],
};

const next = () => {
  const [name] = Object.keys(forms);
  if (name === undefined) {
    return;
  }
  const args = forms[name];
  delete forms[name];
  const server = net.createServer();
  server.on('error', (err) => {
    trace(name, err);
    next();
  });
  server.on('listening', () => {
    const { address, family, port } = server.address();
    trace(name, Object.keys(server.address()).sort(), address, family, port > 0);
    server.close(next);
  });
  trace(name, server.listen(...args) === server);
};

next();
