// While a host is looked up, another listen() takes its place; only the last one counts.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');

const server = net.createServer();
server.on('listening', () => trace('listening', server.address().address));
server.on('error', (err) => trace('error', err.code));
server.on('close', () => trace('close'));
server.listen(0, 'localhost', () => trace('callback of the first'));
trace('looked up', server.listening, server.address());
server.listen(0, 'no-such-host.invalid', () => trace('callback of the second'));
server.listen(0, '127.0.0.1', () => {
  trace('callback of the third');
  server.close();
});
trace('still', server.listening);

const other = net.createServer();
other.on('listening', () => {
  trace('other', other.address().address);
  other.close();
});
other.listen(0, 'localhost');
// Without a host it listens at once.
other.listen({ port: 0 });
trace('at once', other.listening);
