// At maxConnections a connection is refused: 'drop' tells both ends, the client sees a polite end.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { Side, listenLocally } = require('./_sides');

const serving = new Side('server');
const refused = new Side('refused');
let first;
let dropped;
let port;

const server = net.createServer((socket) => {
  serving.note('connection');
  socket.resume();
});
server.maxConnections = 1;
serving.watch(server, 'listening', 'close', 'error');
server.on('drop', (data) => {
  serving.note('drop', Object.keys(data).sort(), data.localAddress, data.localPort,
               data.localFamily, data.remoteAddress, data.remoteFamily);
  dropped = data.remotePort;
  server.getConnections((err, count) => serving.note('count', err, count));
});
listenLocally(server, (listening) => {
  first = net.connect(listening, '127.0.0.1', () => {
    const second = net.connect(listening, '127.0.0.1');
    refused.watch(second, 'connectionAttempt', 'connect', 'ready', 'data', 'end', 'finish', 'error',
                  'close');
    second.on('connect', () => { port = second.localPort; });
    second.on('close', () => {
      trace('limit', server.maxConnections);
      trace('the port of the client', dropped === port);
      first.end();
      server.close();
    });
  });
});
