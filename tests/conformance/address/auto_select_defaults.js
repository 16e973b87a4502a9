// How connect() chooses among addresses by default: what may be set, and what it starts with.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');

const attempt = (label, fn, value) => {
  try {
    fn(value);
    trace(label, value, 'passed');
  } catch (err) {
    trace(label, value, err);
  }
  trace('now', net.getDefaultAutoSelectFamily(), net.getDefaultAutoSelectFamilyAttemptTimeout());
};

trace('at first', net.getDefaultAutoSelectFamily(), net.getDefaultAutoSelectFamilyAttemptTimeout());
for (const value of [false, true, null, 1, 0, 'x', '']) {
  attempt('family', net.setDefaultAutoSelectFamily, value);
}
for (const value of [1, 9, 10, 11, 2 ** 31 - 1, 1000, 0, -1, 1.5, 2 ** 31, 2 ** 33, NaN, Infinity,
  null, true, '100']) {
  attempt('timeout', net.setDefaultAutoSelectFamilyAttemptTimeout, value);
}
