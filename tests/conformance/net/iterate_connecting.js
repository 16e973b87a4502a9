// A loop over a socket that is still connecting waits for the connection and brings all.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { Side, freePort, listenLocally } = require('./_sides');

const side = new Side('client');
const refused = new Side('refused');
const looping = new Side('client, loop');
const failing = new Side('refused, loop');
const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  server.close();
  socket.write('one');
  socket.once('data', () => socket.end('two'));
  socket.on('end', () => trace('server end'));
});
const loop = async (client, notes) => {
  notes.note('start', client.connecting);
  try {
    for await (const chunk of client) {
      notes.note('chunk', chunk);
      client.write('k');
    }
    notes.note('over');
  } catch (err) {
    notes.note('caught', err);
  }
};

listenLocally(server, (port) => {
  const client = net.connect(port, '127.0.0.1');
  side.watch(client, 'connect', 'end', 'error', 'close');
  loop(client, looping);
  client.on('close', () => {
    freePort((free) => {
      const nowhere = net.connect(free, '127.0.0.1');
      refused.watch(nowhere, 'connect', 'end', 'error', 'close');
      loop(nowhere, failing);
    });
  });
});
