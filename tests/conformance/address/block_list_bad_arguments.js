// What a block list cannot understand it throws; nothing is added then.
'use strict';

const { BlockList } = require('node:net');
const { trace } = require('../conformance_trace');

const blocked = new BlockList();

const attempt = (label, fn) => {
  try {
    trace(label, 'passed', fn());
  } catch (err) {
    trace(label, err);
  }
};

for (const bad of [null, 1, true, 'x', '', '1.2.3', '1.2.3.4/8', '::1', '1.2.3.4 ']) {
  attempt('addAddress', () => blocked.addAddress(bad));
  attempt('addRange, start', () => blocked.addRange(bad, '1.1.1.1'));
  attempt('addRange, end', () => blocked.addRange('1.1.1.1', bad));
  attempt('addSubnet', () => blocked.addSubnet(bad, 8));
  attempt('check', () => blocked.check(bad));
}
attempt('addAddress, ipv6', () => blocked.addAddress('1.2.3.4', 'ipv6'));
for (const prefix of [null, '8', true, -1, 33, 1.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 33]) {
  attempt('prefix', () => blocked.addSubnet('1.1.1.1', prefix));
}
for (const prefix of [-1, 129]) {
  attempt('prefix, ipv6', () => blocked.addSubnet('::1', prefix, 'ipv6'));
}
for (const family of [null, 1, true, 'x', '', 'inet', 'IPv5']) {
  attempt('family of addAddress', () => blocked.addAddress('1.1.1.1', family));
  attempt('family of addRange', () => blocked.addRange('1.1.1.1', '1.1.1.2', family));
  attempt('family of addSubnet', () => blocked.addSubnet('1.1.1.1', 8, family));
  attempt('family of check', () => blocked.check('1.1.1.1', family));
}
// The address is looked at first.
attempt('address and family', () => blocked.addAddress(5, 5));
attempt('start and end', () => blocked.addRange('x', 5));
attempt('network and prefix', () => blocked.addSubnet('x', 'y'));
trace('rules', blocked.rules);

blocked.addAddress('1.1.1.1', 'IPV4');
blocked.addSubnet('::1', 128, 'IPv6');
trace('rules', blocked.rules, blocked.check('1.1.1.1', 'IPv4'), blocked.check('::1', 'IPV6'));
