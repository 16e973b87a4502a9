// close() inside 'listening', inside 'connection' and twice: each callback once, 'close' in order.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const inside = new Side('inside listening');
const one = net.createServer();
inside.watch(one, 'listening', 'close');
one.on('listening', () => {
  one.close((...args) => inside.note('callback', ...args));
  inside.note('closed', one.listening);
});
one.on('listening', () => inside.note('second listener', one.listening));
one.listen(0);

const live = new Side('with a connection');
const two = net.createServer((socket) => {
  live.note('connection');
  two.close((...args) => live.note('first callback', ...args));
  two.close((...args) => live.note('second callback', args.length, args[0].code));
  two.getConnections((err, count) => live.note('count', err, count));
  socket.on('close', () => {
    live.note('socket closed');
    two.getConnections((err, count) => live.note('count', err, count));
  });
  socket.end('bye');
  socket.resume();
});
live.watch(two, 'close');
listenLocally(two, (port) => net.connect(port, '127.0.0.1').resume());
