// The timeout option of connect() and a callback of setTimeout(): called once, then forgotten.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const side = new Side('client');
const serving = new Side('server');
const server = net.createServer((socket) => {
  server.close();
  serving.note('timeout', socket.timeout ?? null);
  socket.setTimeout(250, () => {
    serving.note('callback', socket.listenerCount('timeout'));
    socket.end();
  });
  serving.watch(socket, 'timeout', 'end', 'error', 'close');
  socket.resume();
});
listenLocally(server, (port) => {
  const client = net.connect({ port, host: '127.0.0.1', timeout: 25 });
  side.note('timeout', client.timeout, client.listenerCount('timeout'));
  side.watch(client, 'timeout', 'end', 'error', 'close');
  client.resume();
  client.once('timeout', () => {
    client.setTimeout(25, () => side.note('callback', client.listenerCount('timeout')));
  });
  client.on('close', () => side.note('after', client.timeout));
});
