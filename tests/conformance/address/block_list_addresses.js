// Single addresses: what is blocked, and the rules as texts, the latest first.
'use strict';

const { BlockList } = require('node:net');
const { trace } = require('../conformance_trace');

const blocked = new BlockList();
trace('empty', blocked.rules, blocked.check('1.2.3.4'), blocked.check('::1', 'ipv6'));

blocked.addAddress('1.2.3.4');
blocked.addAddress('::1', 'ipv6');
blocked.addAddress('5.6.7.8', 'ipv4');
for (const text of ['1.2.3.4', '5.6.7.8', '1.2.3.5', '0.0.0.0', '255.255.255.255']) {
  trace('check', text, blocked.check(text), blocked.check(text, 'ipv4'), blocked.check(text, 'ipv6'));
}
for (const text of ['::1', '0:0:0:0:0:0:0:1', '::0001', '::2', '::1%lo', '::1%']) {
  trace('check', text, blocked.check(text, 'ipv6'), blocked.check(text));
}

// What is no address is not blocked, and no error.
for (const text of ['', 'x', '1.2.3', '01.2.3.4', '1.2.3.4/32', '1.2.3.4 ', '[::1]', 'localhost']) {
  trace('check', text, blocked.check(text), blocked.check(text, 'ipv6'));
}
trace('rules', blocked.rules);

// Added again it stands there again; and each is shown in its shortest form.
blocked.addAddress('1.2.3.4');
blocked.addAddress('2001:0DB8:0:0:0:0:0:1', 'ipv6');
blocked.addAddress('::FFFF:9.8.7.6', 'ipv6');
blocked.addAddress('1:0:0:2:0:0:0:3', 'ipv6');
blocked.addAddress('fe80::1%lo', 'ipv6');
trace('rules', blocked.rules);
trace('check', blocked.check('fe80::1', 'ipv6'), blocked.check('2001:db8::1', 'ipv6'));

for (const value of [blocked, {}, [], null, 5, 'x']) {
  trace('isBlockList', BlockList.isBlockList(value));
}
