// What is no socket address is refused, the family first, then address, port and flow label.
'use strict';

const { SocketAddress } = require('node:net');
const { trace } = require('../conformance_trace');

const attempt = (label, options) => {
  try {
    trace(label, new SocketAddress(options).toJSON());
  } catch (err) {
    trace(label, err);
  }
};

for (const options of [null, 5, 'x', true]) {
  attempt('options', options);
}
for (const family of [null, 5, 4, 6, '', 'inet', 'IPv5', 'IPv4', 'IPv6']) {
  attempt('family', { family });
}
for (const address of [null, 5, true, '', 'x', 'localhost', '::1', '1.2.3', '01.2.3.4', '1.2.3.4 ',
  '1.2.3.4%lo', '1.2.3.4:5']) {
  attempt('address', { address });
}
for (const address of ['', 'x', '1.2.3.4', '[::1]', '::1 ', '12345::', '1::2::3', '%lo']) {
  attempt('address, ipv6', { address, family: 'ipv6' });
}
for (const port of [null, -1, 65536, 1.5, NaN, true, 'x', '', ' ', '65536']) {
  attempt('port', { port });
}
for (const flowlabel of [null, -1, 2 ** 32, 1.5, NaN, Infinity, true, '5']) {
  attempt('flowlabel', { flowlabel });
}
attempt('family first', { family: 'x', address: 5 });
attempt('then address', { address: 5, port: -1 });
attempt('then port', { address: 'x', port: -1, flowlabel: -1 });
attempt('then flowlabel', { address: 'x', flowlabel: -1 });
