// A BoundSocket as handle: the connection comes from where it is bound.
'use strict';

const net = require('node:net');
const { newPort } = require('../conformance_trace');
const { Side, attempt, listenLocally } = require('./_sides');

const EVENTS = ['connectionAttempt', 'connect', 'ready', 'end', 'error', 'close'];
const server = net.createServer((socket) => {
  socket.end(`from :${socket.remotePort}`);
});

listenLocally(server, (port) => {
  const bound = new net.BoundSocket({ host: '127.0.0.6' });
  newPort(bound.address().port);
  const side = new Side('client');
  const client = new net.Socket({ handle: bound });
  side.watch(client, 'connect', 'error');
  attempt('adopted', () => bound.address());
  attempt('adopted', () => new net.Socket({ handle: bound }));
  attempt('local port', () => {
    try {
      return client.connect({ port, host: '127.0.0.1', localPort: 5 });
    } catch (err) {
      return err.code;
    }
  });
  client.destroy();
  const second = new net.BoundSocket({ host: '127.0.0.7' });
  newPort(second.address().port);
  const other = new Side('by connect');
  const another = net.connect({ port, host: '127.0.0.1', handle: second });
  other.watch(another, ...EVENTS);
  another.on('data', (data) => other.note('data', String(data)));
  another.on('connect', () => other.note('local', another.localAddress, another.localPort));
  another.on('close', () => {
    const third = new net.BoundSocket({ host: '127.0.0.7' });
    const unused = new net.Socket({ handle: third });
    unused.on('close', () => server.close());
    unused.destroy();
  });
});
