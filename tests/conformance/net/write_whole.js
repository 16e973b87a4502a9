// A write that goes out whole returns true, whatever the water mark says.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const side = new Side('client');
const server = net.createServer((socket) => {
  socket.resume();
  socket.on('close', () => server.close());
});
listenLocally(server, (port) => {
  const client = net.connect(port, '127.0.0.1');
  client.resume();
  side.watch(client, 'drain', 'finish', 'error', 'close');
  const mark = client.writableHighWaterMark;
  const write = (label, data) => {
    const result = client.write(data);
    side.note(label, result, client.writableLength, client.writableNeedDrain);
  };
  client.on('ready', () => {
    write('small', 'x');
    write('one less', Buffer.alloc(mark - 1));
    write('at the mark', Buffer.alloc(mark));
    write('above', Buffer.alloc(mark + 1));
    write('small', 'x');
    write('text', 'y'.repeat(mark));
    write('empty', '');
    client.end();
    side.note('bytes', client.bytesWritten, client.writableLength);
  });
});
