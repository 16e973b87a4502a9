// Echo server of Node's net; see __init__.py for the agreement with the launcher.
'use strict';

const net = require('node:net');

const server = net.createServer({ allowHalfOpen: false }, (socket) => {
  socket.on('data', (data) => socket.write(data));
});

server.listen({ port: 0, host: '127.0.0.1', backlog: 511 }, () => {
  process.stdout.write(`${server.address().port}\n`);
});

process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
