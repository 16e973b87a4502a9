// What is written before the connection is up waits for it, in order, and counts at once.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const side = new Side('client');
const server = net.createServer((socket) => {
  const parts = [];
  socket.on('data', (data) => parts.push(data));
  socket.on('end', () => side.note('arrived', Buffer.concat(parts)));
  server.close();
});
listenLocally(server, (port) => {
  const client = net.connect(port, '127.0.0.1');
  const callback = (label) => (...args) => side.note(label, ...args, client.bytesWritten);
  const state = (label) => {
    side.note(label, client.bytesWritten, client.writableLength, client.writableNeedDrain,
              client.connecting);
  };
  client.resume();
  side.watch(client, 'ready', 'drain', 'finish', 'end', 'close');
  state('start');
  side.note('write', client.write('one ', callback('first')));
  state('one');
  side.note('write', client.write('zwei é ', 'latin1', callback('second')));
  state('two');
  side.note('write', client.write(Buffer.from('three '), callback('third')));
  state('three');
  client.on('connect', () => {
    state('connect');
    client.write('four', callback('fourth'));
    state('four');
    client.end(callback('end'));
  });
});
