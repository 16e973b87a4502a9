// A server may listen again as soon as close() was called: before 'close', and in it.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { listenLocally } = require('./_sides');

const server = net.createServer((socket) => socket.end('hello'));
const hear = (label, port, then) => {
  net.connect(port, '127.0.0.1')
    .on('data', (data) => trace(label, data))
    .on('close', then);
};
let closes = 0;
server.on('close', () => {
  closes += 1;
  trace('close', closes, server.listening);
});
listenLocally(server, (port) => {
  server.close(() => trace('callback of the first'));
  trace('closed', server.listening, server.address());
  server.listen(port, '127.0.0.1', () => {
    trace('listening again', server.address());
    hear('second', port, () => {
      server.close(() => {
        trace('callback of the second', server.listening);
        server.listen(port, '127.0.0.1', () => {
          hear('third', port, () => server.close());
        });
      });
    });
  });
  trace('listening at once', server.listening);
});
