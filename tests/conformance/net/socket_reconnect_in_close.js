// Whoever connects again in 'close' keeps the program alive until that connection is closed, too.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const side = new Side('client');
const server = net.createServer((socket) => {
  socket.unref();
  socket.on('error', () => {});
});

listenLocally(server, (port) => {
  server.unref();
  const client = net.connect(port, '127.0.0.1');
  side.watch(client, 'connect', 'ready', 'error', 'close');
  let closes = 0;
  client.on('ready', () => client.destroy());
  client.on('close', () => {
    closes += 1;
    if (closes < 3) {
      client.connect(port, '127.0.0.1');
    }
  });
});
