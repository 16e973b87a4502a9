// listen() adopts a BoundSocket: it serves where that was bound, and takes it only once.
'use strict';

const net = require('node:net');
const { newPort, trace } = require('../conformance_trace');
const { attempt } = require('./_sides');

const bound = new net.BoundSocket({ host: '127.0.0.1' });
newPort(bound.address().port);
const server = net.createServer((socket) => {
  socket.end('hello');
  server.close();
});
server.on('close', () => trace('close'));
server.listen(bound, 5, () => {
  trace('listening', server.address());
  net.connect(server.address().port, '127.0.0.1')
    .on('data', (data) => trace('data', data))
    .on('close', (hadError) => trace('closed', hadError));
});
trace('returned', server.listening, server.address());
attempt('adopted', () => bound.address());
attempt('while listening', () => server.listen(bound));
attempt('twice', () => net.createServer().listen(bound));
attempt('twice in options', () => net.createServer().listen({ handle: bound, port: 0 }));

const closed = new net.BoundSocket({ host: '127.0.0.1' });
closed.close();
attempt('closed', () => net.createServer().listen(closed));

const other = new net.BoundSocket({ host: '127.0.0.1' });
newPort(other.address().port);
const options = net.createServer();
options.listen({ handle: other, port: 99999, host: '192.0.2.1' }, () => {
  trace('options', options.address());
  options.close();
});
