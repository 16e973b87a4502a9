// connect() and createConnection() take their arguments in many forms, on a socket or without.
'use strict';

const net = require('node:net');
const path = require('node:path');
const { trace } = require('../conformance_trace');
const { freshDirectory, listenLocally } = require('./_sides');

const file = path.join(freshDirectory(), 'forms');
const serve = (socket) => socket.end();
const server = net.createServer(serve);
const unix = net.createServer(serve);

const forms = (port, callback) => [
  ['connect port host', () => net.connect(port, '127.0.0.1', callback)],
  ['connect options', () => net.connect({ port, host: '127.0.0.1' }, callback)],
  ['connect options only', () => net.connect({ port, host: '127.0.0.1' })],
  ['connect path', () => net.connect(file, callback)],
  ['connect path options', () => net.connect({ path: file }, callback)],
  ['createConnection', () => net.createConnection(port, '127.0.0.1', callback)],
  ['createConnection path', () => net.createConnection(file)],
  ['socket', () => new net.Socket().connect(port, '127.0.0.1', callback)],
  ['socket path', () => new net.Socket().connect(file, callback)],
  ['socket options', () => (
    new net.Socket({ allowHalfOpen: false }).connect({ path: file }, callback)
  )],
  ['half-open', () => net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }, callback)],
  ['time-out', () => net.connect({ port, host: '127.0.0.1', timeout: 5000 }, callback)],
  ['unknown keys', () => net.connect({ port, host: '127.0.0.1', wood: 'pine' }, callback)],
  ['null host', () => net.connect({ port, host: null, family: 4 }, callback)],
];

const run = ([[name, make], ...rest]) => {
  const client = make();
  trace(name, client instanceof net.Socket, client.allowHalfOpen, client.timeout ?? null,
        client.listenerCount('connect'), client.connecting, client.server);
  client.on('connect', () => trace(name, 'connected'));
  client.on('end', () => client.end());
  client.on('close', () => {
    if (rest.length) {
      run(rest);
    } else {
      server.close();
      unix.close();
    }
  });
  client.resume();
};

unix.listen(file, () => {
  listenLocally(server, (port) => run(forms(port, () => trace('callback'))));
});
