// A server's options count for the connections that come after they were changed.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { listenLocally } = require('./_sides');

const changes = [
  {},
  { highWaterMark: 10 },
  { allowHalfOpen: true },
  { pauseOnConnect: true },
  { highWaterMark: 0, pauseOnConnect: false },
  { highWaterMark: 65536, allowHalfOpen: false },
];

const server = net.createServer((socket) => {
  trace('accepted', socket.readableHighWaterMark, socket.writableHighWaterMark,
        socket.allowHalfOpen, socket.readableFlowing);
  trace('write', socket.write('0123456789'));
  socket.destroy();
});
listenLocally(server, (port) => {
  const next = () => {
    if (!changes.length) {
      server.close();
      return;
    }
    const change = changes.shift();
    Object.assign(server, change);
    trace('changed', change);
    net.connect(port, '127.0.0.1').resume().on('close', next);
  };
  next();
});
