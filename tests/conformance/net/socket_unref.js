// Sockets that are unreferenced keep no program alive, before the connection or after it.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { listenLocally } = require('./_sides');

const server = net.createServer((socket) => {
  trace('accepted', socket.unref() === socket);
  socket.write('hello');
});

listenLocally(server, (port) => {
  const client = net.connect(port, '127.0.0.1');
  trace('client', client.ref() === client);
  client.on('data', (data) => {
    trace('data', data);
    client.unref().ref().unref();
    server.unref();
    trace('open', client.destroyed, client.pending, server.listening);
  });
  client.on('close', () => trace('never'));
});
