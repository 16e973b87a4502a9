// Writes that pile up behind another: all false, one 'drain', callbacks in order.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const side = new Side('client');
const CHUNK = Buffer.alloc(2 * 1024 * 1024);
let accepted;
let ready = false;
const server = net.createServer({ pauseOnConnect: true }, (socket) => {
  accepted = socket;
  socket.on('close', () => server.close());
  read();
});
const read = () => {
  if (accepted && ready) {
    accepted.resume();
  }
};
listenLocally(server, (port) => {
  const client = net.connect(port, '127.0.0.1');
  const order = [];
  client.resume();
  client.on('drain', () => {
    side.note('drain', client.writableLength, client.writableNeedDrain);
    setImmediate(() => client.end());
  });
  side.watch(client, 'finish', 'close');
  client.on('ready', () => {
    // Fill what the kernel takes, then count from a known state.
    client.write(Buffer.alloc(32 * 1024 * 1024), () => order.push('filler'));
    const before = client.writableLength;
    const results = [];
    for (let i = 0; i < 12; i += 1) {
      results.push(client.write(CHUNK, () => order.push(i)));
    }
    side.note('results', results);
    side.note('lengths', before, client.writableLength - before, client.writableNeedDrain);
    ready = true;
    read();
  });
  client.on('finish', () => side.note('order', order));
});
