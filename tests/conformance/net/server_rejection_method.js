// The method for captured rejections destroys the socket of 'connection', else emits 'error'.
'use strict';

const { captureRejectionSymbol } = require('node:events');
const net = require('node:net');
const { trace } = require('../conformance_trace');
const { Side, listenLocally } = require('./_sides');

const serving = new Side('server');
const server = net.createServer({ captureRejections: true }, (socket) => {
  serving.watch(socket, 'error', 'close');
  server[captureRejectionSymbol](new Error('of a connection'), 'connection', socket);
  serving.note('destroyed', socket.destroyed);
  server[captureRejectionSymbol](new Error('of another event'), 'listening');
  server.close();
});
serving.watch(server, 'error', 'close');
listenLocally(server, (port) => {
  trace('method', typeof server[Symbol.for('nodejs.rejection')]);
  new Side('client').watch(net.connect(port, '127.0.0.1').resume(), 'end', 'close');
});
