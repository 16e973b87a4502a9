// A socket paused before it is connected delivers nothing until resume(), which a listener is not.
'use strict';

const net = require('node:net');
const { Side, listenLocally, settle, until } = require('./_sides');

const side = new Side('client');
let accepted;
const server = net.createServer((socket) => {
  server.close();
  accepted = socket;
  socket.resume();
  socket.write('early');
});
listenLocally(server, (port) => {
  const client = new net.Socket();
  side.watch(client, 'pause', 'resume', 'connect', 'end', 'close');
  client.pause();
  client.on('data', (data) => side.note('data', data));
  side.note('before', client.readableFlowing);
  client.connect(port, '127.0.0.1');
  until(() => accepted !== undefined, () => {
    settle(() => {
      side.note('settled', client.readableFlowing, client.connecting);
      client.resume();
      side.note('resumed', client.readableFlowing);
      client.once('data', () => accepted.end());
    });
  });
});
