// A server on a Unix path: address() is the path, close() takes the file away.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { trace } = require('../conformance_trace');
const { Side, freshDirectory } = require('./_sides');

const directory = freshDirectory();
const file = path.join(directory, 'here');
const shown = (value) => (value === null ? null : value.replace(directory, '<dir>'));
const accepting = new Side('server');
const connecting = new Side('client');
const server = net.createServer((socket) => {
  accepting.note('end', socket.address(), socket.remoteAddress ?? null, socket.localPort ?? null);
  socket.end('hello');
});

const again = () => {
  server.listen({ path: file, backlog: 3 }, () => {
    trace('again', shown(server.address()), fs.existsSync(file));
    server.close(() => {
      trace('closed again', shown(server.address()), fs.existsSync(file));
    });
  });
};

server.listen(file, () => {
  trace('listening', shown(server.address()), fs.statSync(file).isSocket());
  const client = net.createConnection(file);
  client.on('connect', () => {
    connecting.note('end', client.address(), client.remoteAddress ?? null,
                    client.remotePort ?? null, client.remoteFamily ?? null,
                    client.localAddress ?? null, client.localFamily ?? null);
  });
  client.on('data', (data) => connecting.note('data', data));
  client.on('close', () => {
    server.close(again);
    trace('closing', shown(server.address()), fs.existsSync(file));
  });
});
trace('at once', shown(server.address()), server.listening, fs.existsSync(file));
