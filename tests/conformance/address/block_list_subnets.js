// Subnets cover what begins as their network does, with every length of prefix.
'use strict';

const { BlockList, SocketAddress } = require('node:net');
const { trace } = require('../conformance_trace');

for (let prefix = 0; prefix <= 32; prefix++) {
  const blocked = new BlockList();
  blocked.addSubnet('170.170.170.170', prefix);
  const texts = ['170.170.170.170', '170.170.170.171', '170.170.170.0', '170.170.0.0', '170.0.0.0',
    '128.0.0.0', '0.0.0.0', '255.255.255.255'];
  trace('rules', blocked.rules, texts.map((text) => blocked.check(text)));
}
for (const prefix of [0, 1, 7, 8, 16, 31, 32, 33, 63, 64, 65, 95, 96, 97, 127, 128]) {
  const blocked = new BlockList();
  blocked.addSubnet('aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa', prefix, 'ipv6');
  const texts = ['aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa',
    'aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaab', 'aaaa:aaaa:aaaa:aaaa:aaaa:aaaa::',
    'aaaa:aaaa:aaaa:aaaa::', 'aaaa:aaaa::', 'aaaa::', 'aa00::', '8000::', '::', 'ffff::'];
  trace('rules', blocked.rules, texts.map((text) => blocked.check(text, 'ipv6')));
}

const blocked = new BlockList();
blocked.addSubnet(new SocketAddress({ address: '10.1.2.3', port: 80 }), 8);
blocked.addSubnet(new SocketAddress({ address: 'fd00::1', family: 'ipv6' }), 8);
blocked.addSubnet('10.1.2.3', 8, 'ipv4');
blocked.addSubnet('10.1.2.4', 8.0);
trace('rules', blocked.rules);
trace('check', blocked.check(new SocketAddress({ address: '10.9.9.9', port: 81 })),
  blocked.check(new SocketAddress({ address: 'fd12::', family: 'ipv6' })),
  blocked.check(new SocketAddress({ address: '11.9.9.9' })));
// The family of a socket address counts, not the one beside it.
trace('check', blocked.check(new SocketAddress({ address: '10.9.9.9' }), 'ipv6'));
