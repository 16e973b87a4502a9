// A write to a connection that the peer has reset, unnoticed as nobody reads.
'use strict';

const net = require('node:net');
const { Side, listenLocally, settle } = require('./_sides');

const EVENTS = ['connect', 'drain', 'finish', 'end', 'error', 'close'];
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.resetAndDestroy());
});

listenLocally(server, (port) => {
  const side = new Side('client');
  const client = net.connect(port, '127.0.0.1', () => {
    client.pause();
    client.write('x', () => {
      settle(() => {
        const note = (label) => (err) => side.note(label, err ?? null);
        side.note('still', client.destroyed, client.writable);
        side.note('write', client.write('late', note('first')));
        side.note('errored', client.errored, client.writable, client.destroyed);
        side.note('write', client.write('later', note('second')));
      });
    });
  });
  client.pause();
  side.watch(client, ...EVENTS);
  client.on('close', () => {
    side.note('bytes', client.bytesWritten);
    server.close();
  });
});
