// Small high-water marks: when write() says to wait, and how much is read ahead.
'use strict';

const net = require('node:net');
const { Side, listenLocally, until } = require('./_sides');

const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.resume();
  socket.write('0123456789');
});

listenLocally(server, (port) => {
  const cases = [
    ['both', { highWaterMark: 4 }], ['write', { writableHighWaterMark: 3 }],
    ['read', { readableHighWaterMark: 2 }], ['none', { highWaterMark: 0 }],
    ['default', { highWaterMark: null }],
  ];
  const next = () => {
    const entry = cases.shift();
    if (!entry) {
      server.close();
      return;
    }
    const [name, options] = entry;
    const side = new Side(name);
    const client = net.connect({ port, host: '127.0.0.1', ...options });
    client.on('drain', () => side.note('drain', client.writableLength));
    const write = (data) => side.note('write', client.write(data), client.writableLength,
                                      client.writableNeedDrain);
    side.note('marks', client.readableHighWaterMark, client.writableHighWaterMark);
    write('ab');
    write('c');
    write('defgh');
    client.on('connect', () => write('ijklmnop'));
    until(() => client.bytesRead === 10 && client.writableLength === 0, () => {
      side.note('buffered', client.readableLength);
      client.on('close', next);
      client.destroy();
    });
  };
  next();
});
