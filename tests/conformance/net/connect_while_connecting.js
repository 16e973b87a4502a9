// A second connect() while the first is on its way ends both.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const server = net.createServer((socket) => socket.on('error', () => {}).resume());

listenLocally(server, (port) => {
  const side = new Side('client');
  const client = net.connect(port, '127.0.0.1');
  side.watch(client, 'connect', 'ready', 'close');
  client.on('error', (err) => side.note('error', err.code, err.syscall, err.address));
  side.note('same', client.connect(port, '127.0.0.1') === client);
  client.on('close', () => server.close());
});
