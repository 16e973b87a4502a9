// readyState and its relatives through the life of either side.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const asking = new Side('client');
const serving = new Side('server');
const stater = (side, socket) => (label) => {
  side.note(label, socket.readyState, socket.connecting, socket.pending, socket.destroyed,
            socket.readable, socket.writable, socket.readableEnded, socket.writableEnded,
            socket.writableFinished, socket.readableFlowing, socket.errored);
};
const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  server.close();
  const state = stater(serving, socket);
  state('connection');
  socket.on('data', () => {
    state('data');
    socket.write('k');
  });
  for (const event of ['end', 'finish', 'close']) {
    socket.on(event, () => state(event));
  }
  socket.on('end', () => {
    socket.end();
    state('ended');
  });
});
listenLocally(server, (port) => {
  const client = new net.Socket({ allowHalfOpen: true });
  const state = stater(asking, client);
  state('new');
  client.connect(port, '127.0.0.1');
  state('connecting');
  for (const event of ['connect', 'ready', 'data', 'end', 'finish', 'close']) {
    client.on(event, () => state(event));
  }
  client.on('connect', () => {
    client.write('x');
    state('written');
  });
  client.once('data', () => {
    client.end();
    state('ended');
  });
});
