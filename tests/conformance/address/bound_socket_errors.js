// What cannot be bound is thrown by the constructor: bad options, and what the kernel refuses.
'use strict';

const net = require('node:net');
const { newPort, trace } = require('../conformance_trace');

const attempt = (label, options) => {
  try {
    new net.BoundSocket(options).close();
    trace(label, 'passed');
  } catch (err) {
    trace(label, err);
  }
};

for (const options of [null, 5, 'x', true]) {
  attempt('options', options);
}
for (const port of [-1, 65536, 1.5, NaN, true, 'x', '']) {
  attempt('port', { port });
}
for (const flag of [1, 0, 'x', '']) {
  attempt('ipv6Only', { ipv6Only: flag });
  attempt('reusePort', { reusePort: flag });
}
for (const host of [5, true, '', 'localhost', '1.2.3', '[::1]']) {
  attempt('host', { host });
}
attempt('port first', { port: -1, ipv6Only: 5, reusePort: 5, host: 'x' });
attempt('then ipv6Only', { ipv6Only: 5, reusePort: 5, host: 'x' });
attempt('then reusePort', { reusePort: 5, host: 'x' });

// Addresses of other machines (RFC 5737), and a zone that is not there.
attempt('foreign', { host: '192.0.2.1' });
attempt('foreign, with a port', { host: '192.0.2.1', port: 4000 });
attempt('no such zone', { host: 'fe80::1%nosuch' });

const server = net.createServer();
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  newPort(port);
  attempt('in use', { host: '127.0.0.1', port });
  server.close();
});
