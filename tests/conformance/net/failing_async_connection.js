// With captureRejections a failing async 'connection' listener costs that connection, no more.
'use strict';

const { EventEmitter } = require('node:events');
const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const serving = new Side('server');
const failing = new Side('failing socket');
const healthy = new Side('healthy client');

EventEmitter.captureRejections = true;
const error = new Error('listener went wrong');
const server = net.createServer();
serving.watch(server, 'error', 'close');
let seen = 0;
server.on('connection', async (socket) => {
  seen += 1;
  if (seen === 2) {
    socket.end('served');
    socket.resume();
    return;
  }
  failing.watch(socket, 'data', 'end', 'close');
  socket.on('error', (err) => failing.note('error', err === error, err, socket.destroyed));
  throw error;
});

listenLocally(server, (port) => {
  const first = net.connect(port, '127.0.0.1');
  first.resume();
  first.on('close', () => {
    const second = net.connect(port, '127.0.0.1');
    healthy.watch(second, 'data', 'close');
    second.on('close', () => server.close());
  });
});
