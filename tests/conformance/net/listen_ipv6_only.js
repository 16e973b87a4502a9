// With ipv6Only an IPv6 server leaves IPv4 alone: another one can have the same port there.
'use strict';

const net = require('node:net');
const { newPort, trace } = require('../conformance_trace');

const six = net.createServer();
const four = net.createServer((socket) => socket.end('four'));
const plain = net.createServer();

six.listen({ port: 0, ipv6Only: true }, () => {
  const { port } = six.address();
  newPort(port);
  trace('six', six.address());
  four.listen(port, '0.0.0.0', () => {
    trace('four', four.address());
    net.connect(port, '127.0.0.1').on('data', (data) => trace('data', data)).on('close', () => {
      four.close();
      six.close(dual);
    });
  });
});

function dual() {
  // Without it, or with something that is not true, the port is taken for both.
  plain.listen({ port: 0, ipv6Only: 1 }, () => {
    const { port } = plain.address();
    newPort(port);
    trace('plain', plain.address());
    const late = net.createServer();
    late.on('error', (err) => {
      trace('late', err);
      plain.close();
    });
    late.listen({ port, host: '0.0.0.0', ipv6Only: true });
  });
}
