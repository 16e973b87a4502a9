// close() inside the 'connection' listener: this connection lives on, 'close' follows its end.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const serving = new Side('server');
const asking = new Side('client');
const server = net.createServer((socket) => {
  serving.note('connection', server.listening);
  server.close((...args) => serving.note('callback', ...args));
  serving.note('closing', server.listening, server.address());
  socket.on('data', (data) => socket.end(data));
  socket.on('close', (hadError) => {
    server.getConnections((err, count) => serving.note('connections', err, count));
    serving.note('socket close', hadError);
  });
});
serving.watch(server, 'listening', 'close', 'error');
listenLocally(server, (port) => {
  const client = net.connect(port, '127.0.0.1');
  asking.watch(client, 'connect', 'data', 'end', 'close');
  client.write('anyone?');
});
