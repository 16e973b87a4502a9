// What write() and end() cannot send they throw, and the stream goes on.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

class Widget {}
const side = new Side('client');
const bad = [null, 5, true, 1.5, new Widget()];
const server = net.createServer((socket) => {
  const parts = [];
  socket.on('data', (data) => parts.push(data));
  socket.on('end', () => {
    side.note('arrived', Buffer.concat(parts));
    server.close();
  });
});
const attempt = (label, fn) => {
  try {
    side.note(label, fn());
  } catch (err) {
    side.note(label, 'threw', err);
  }
};
listenLocally(server, (port) => {
  const client = net.connect(port, '127.0.0.1');
  client.resume();
  side.watch(client, 'finish', 'error', 'close');
  client.on('ready', () => {
    for (const chunk of bad) {
      attempt('write', () => client.write(chunk));
      attempt('with callback', () => client.write(chunk, () => side.note('never called')));
    }
    for (const chunk of [5, true, new Widget()]) {
      attempt('end', () => client.end(chunk) === client);
      side.note('still writable', client.writable, client.writableEnded);
    }
    for (const encoding of ['utf7', 'x', 'utf-16']) {
      attempt(`write ${encoding}`, () => client.write('', encoding));
      attempt(`bytes ${encoding}`, () => client.write(Buffer.alloc(0), encoding));
    }
    attempt('odd callback', () => client.write('k', 'utf8', 5));
    attempt('null encoding', () => client.write('l', null));
    attempt('Uint8Array', () => client.write(new Uint8Array([109])));
    attempt('end', () => client.end(null) === client);
  });
});
