// IPv4 rules cover IPv4-mapped IPv6 addresses, and rules of mapped addresses cover IPv4.
'use strict';

const { BlockList } = require('node:net');
const { trace } = require('../conformance_trace');

const rules = [
  ['addAddress', '1.2.3.4'],
  ['addAddress', '::ffff:1.2.3.4', 'ipv6'],
  ['addAddress', '::ffff:102:304', 'ipv6'],
  ['addAddress', '::1.2.3.4', 'ipv6'],
  ['addRange', '1.2.3.4', '1.2.3.8'],
  ['addRange', '::ffff:1.2.3.4', '::ffff:1.2.3.8', 'ipv6'],
  ['addRange', '::', 'ffff::', 'ipv6'],
  ['addSubnet', '1.2.3.0', 29],
  ['addSubnet', '0.0.0.0', 0],
  ['addSubnet', '::ffff:1.2.3.0', 125, 'ipv6'],
  ['addSubnet', '::ffff:1.2.3.0', 96, 'ipv6'],
  ['addSubnet', '::ffff:0:0', 90, 'ipv6'],
  ['addSubnet', '::', 64, 'ipv6'],
  ['addSubnet', '::', 0, 'ipv6'],
  ['addSubnet', 'f::', 16, 'ipv6'],
];
const addresses = [
  ['1.2.3.4'], ['1.2.3.5'], ['1.2.3.9'], ['255.255.255.255'],
  ['::ffff:1.2.3.4', 'ipv6'], ['::ffff:1.2.3.5', 'ipv6'], ['::ffff:1.2.3.9', 'ipv6'],
  ['::ffff:102:304', 'ipv6'], ['::1.2.3.4', 'ipv6'], ['::fffe:1.2.3.4', 'ipv6'],
  ['::1', 'ipv6'], ['f::1', 'ipv6'], ['fe80::1', 'ipv6'],
];

for (const [method, ...args] of rules) {
  const blocked = new BlockList();
  blocked[method](...args);
  trace('rule', blocked.rules);
  for (const [text, family = 'ipv4'] of addresses) {
    trace('check', text, blocked.check(text, family));
  }
}
