// A connection refused on a Unix socket is told without data.
'use strict';

const net = require('node:net');
const path = require('node:path');
const { Side, freshDirectory } = require('./_sides');

const serving = new Side('server');
const refused = new Side('refused');
const file = path.join(freshDirectory(), 'limited');

const server = net.createServer((socket) => {
  serving.note('connection');
  socket.resume();
});
server.maxConnections = 1;
serving.watch(server, 'drop');
server.listen(file, () => {
  const first = net.connect(file, () => {
    const second = net.connect(file);
    refused.watch(second, 'connect', 'ready', 'data', 'end', 'finish', 'error', 'close');
    second.on('close', () => {
      first.end();
      server.close();
    });
  });
});
