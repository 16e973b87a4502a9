// Ranges hold both their ends; a start after the end is refused.
'use strict';

const { BlockList, SocketAddress } = require('node:net');
const { trace } = require('../conformance_trace');

const blocked = new BlockList();
blocked.addRange('10.0.0.250', '10.0.1.5');
blocked.addRange('10.0.1.0', '10.0.1.9', 'ipv4');
blocked.addRange('9.9.9.9', '9.9.9.9');
blocked.addRange('2001:db8::1', '2001:db8::ff', 'ipv6');
blocked.addRange('10.0.0.250', '10.0.1.5');
trace('rules', blocked.rules);
for (const text of ['10.0.0.249', '10.0.0.250', '10.0.1.0', '10.0.1.9', '10.0.1.10', '9.9.9.9',
  '9.9.9.8']) {
  trace('check', text, blocked.check(text));
}
for (const text of ['2001:db8::', '2001:db8::1', '2001:db8::ff', '2001:db8::100']) {
  trace('check', text, blocked.check(text, 'ipv6'));
}

const attempt = (label, fn) => {
  try {
    trace(label, fn());
  } catch (err) {
    // How an object is written is each language's own affair.
    trace(label, err.code, err.name);
  }
};
attempt('reverse', () => blocked.addRange('1.2.3.9', '1.2.3.4'));
attempt('reverse', () => blocked.addRange('::9', '::4', 'ipv6'));

// The ends may be socket addresses, even of two families; then only what can be compared counts.
const four = (address) => new SocketAddress({ address });
const six = (address) => new SocketAddress({ address, family: 'ipv6' });
const ends = [
  [four('1.2.3.4'), four('1.2.3.9')],
  [four('1.2.3.4'), '1.2.3.9'],
  [four('1.2.3.4'), six('::ffff:1.2.3.9')],
  [six('::ffff:1.2.3.4'), four('1.2.3.9')],
  [four('1.2.3.4'), six('f::9')],
  [six('::'), four('1.2.3.9')],
  [six('f::4'), four('1.2.3.9')],
];
for (const [start, end] of ends) {
  const mixed = new BlockList();
  mixed.addRange(start, end);
  trace('mixed', mixed.rules);
  for (const text of ['1.2.3.3', '1.2.3.5', '1.2.3.10']) {
    trace('check', text, mixed.check(text), mixed.check(`::ffff:${text}`, 'ipv6'));
  }
  trace('check', mixed.check('::8', 'ipv6'), mixed.check('f::8', 'ipv6'));
}
attempt('reverse', () => blocked.addRange(four('1.2.3.9'), six('::ffff:1.2.3.4')));
trace('rules', blocked.rules.length);
