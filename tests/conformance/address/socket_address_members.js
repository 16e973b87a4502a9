// What a socket address is made of; each part has its default.
'use strict';

const { SocketAddress } = require('node:net');
const { trace } = require('../conformance_trace');

const show = (label, address) => {
  trace(label, address.address, address.family, `port ${address.port}`, address.flowlabel);
};

show('default', new SocketAddress());
show('empty', new SocketAddress({}));
show('ipv6', new SocketAddress({ family: 'ipv6' }));
show('IPV6', new SocketAddress({ family: 'IPV6' }));
show('full', new SocketAddress({ address: '1.2.3.4', family: 'ipv4', port: 80, flowlabel: 5 }));
show('full', new SocketAddress({ address: '::1', family: 'ipv6', port: 80, flowlabel: 5 }));
show('largest', new SocketAddress({ family: 'ipv6', port: 65535, flowlabel: 2 ** 20 - 1 }));
show('unknown option', new SocketAddress({ address: '1.2.3.4', other: 1 }));
for (const port of ['80', ' 80 ', '0x10', '1e3', '-0', 0]) {
  show('port', new SocketAddress({ port }));
}
for (const address of ['2001:DB8::AbCd', '0:0:0:0:0:0:0:0', '1::0:0:2', '1:0:0:2:0:0:3:4',
  '::FFFF:0:0', '::0.0.1.0', '::1:0', '64:ff9b::1.2.3.4', 'fe80::1%lo', '::1%nosuch']) {
  show('form', new SocketAddress({ address, family: 'ipv6' }));
}

const one = new SocketAddress({ address: '::1', family: 'ipv6', port: 8, flowlabel: 9 });
trace('toJSON', Object.keys(one.toJSON()), Object.values(one.toJSON()));
trace('round trip', new SocketAddress(one.toJSON()).toJSON());

// They cannot be changed.
for (const name of ['address', 'family', 'port', 'flowlabel']) {
  try {
    one[name] = 5;
    trace(name, 'changed');
  } catch {
    trace(name, 'kept', one[name]);
  }
}
for (const value of [one, {}, one.toJSON(), null, '::1']) {
  trace('isSocketAddress', SocketAddress.isSocketAddress(value));
}
