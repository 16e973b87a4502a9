// The recipe for a port that the system picks: listen() without one, then ask address().
'use strict';

const net = require('node:net');
const { portLabel, trace } = require('../conformance_trace');

const server = net.createServer((socket) => {
  trace('local port', socket.localPort);
  socket.end('goodbye\n');
}).on('error', (err) => { throw err; });

server.listen(() => {
  const { port } = server.address();
  portLabel(port);
  trace('opened server on', { ...server.address() });
  const client = net.connect({ port, host: '127.0.0.1' });
  client.setEncoding('utf8');
  client.on('data', (data) => trace('data', data));
  client.on('close', () => {
    trace('client of', client.remotePort ?? null);
    server.close();
  });
});
