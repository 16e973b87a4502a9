// A closing server keeps its connections; 'close' comes when the last one has ended.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const serving = new Side('server');
const refused = new Side('late client');
const sockets = [];
const clients = [];
const server = net.createServer((socket) => {
  sockets.push(socket);
  socket.resume();
  socket.on('close', () => serving.note('socket closed', server.listening));
  if (sockets.length < 2) {
    return;
  }
  const { port } = server.address();
  server.close((...args) => serving.note('callback', ...args));
  serving.note('closing', server.listening, server.address());
  const late = net.connect(port, '127.0.0.1');
  refused.watch(late, 'connect', 'error', 'close');
  late.on('close', () => {
    server.getConnections((err, count) => serving.note('connections', err, count));
    sockets[0].write('still works');
  });
});
serving.watch(server, 'close');
listenLocally(server, (port) => {
  const first = net.connect(port, '127.0.0.1');
  first.on('connect', () => clients.push(net.connect(port, '127.0.0.1').resume()));
  first.on('data', (data) => {
    serving.note('first got', data);
    first.end();
  });
  first.on('close', () => {
    server.getConnections((err, count) => {
      serving.note('connections', err, count);
      clients[0].end();
    });
  });
});
