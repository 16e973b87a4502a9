// With a peer that does not read write() returns false; 'drain' comes once, when all is out.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const SIZE = 16 * 1024 * 1024;
const side = new Side('client');
let accepted;
let wrote = false;
let received = 0;

const server = net.createServer({ pauseOnConnect: true }, (socket) => {
  accepted = socket;
  socket.on('close', () => {
    side.note('received', received);
    server.close();
  });
  read();
});
// The peer reads only once everything was written.
const read = () => {
  if (accepted && wrote) {
    accepted.on('data', (data) => { received += data.length; });
    accepted.resume();
  }
};
listenLocally(server, (port) => {
  const client = net.connect(port, '127.0.0.1');
  side.watch(client, 'ready', 'finish', 'error');
  client.resume();
  client.on('ready', () => {
    const state = (label) => side.note(label, client.writableLength, client.writableNeedDrain);
    side.note('mark', client.writableHighWaterMark);
    state('before');
    side.note('first', client.write(Buffer.alloc(SIZE), (err) => {
      side.note('first callback', err ?? null, client.writableLength, client.writableNeedDrain);
    }));
    state('after the first');
    side.note('second', client.write(Buffer.alloc(SIZE), (err) => {
      side.note('second callback', err ?? null, client.writableLength);
    }));
    side.note('third', client.write('x', (err) => {
      side.note('third callback', err ?? null, client.writableLength);
    }));
    state('after all');
    side.note('bytes', client.bytesWritten);
    client.on('drain', () => {
      state('drain');
      side.note('small', client.write('small', () => {
        side.note('small callback');
        client.end();
      }));
      state('after the small one');
    });
    client.on('close', (hadError) => side.note('close', hadError, client.bytesWritten));
    wrote = true;
    read();
  });
});
