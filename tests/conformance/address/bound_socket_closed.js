// After close() every method throws but dispose, which does nothing then.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');

const attempt = (label, fn) => {
  try {
    fn();
    trace(label, 'passed');
  } catch (err) {
    trace(label, err);
  }
};
const useUp = (label, bound) => {
  attempt(`${label}: address`, () => bound.address());
  attempt(`${label}: fd`, () => bound.fd());
  attempt(`${label}: close`, () => bound.close());
  attempt(`${label}: dispose`, () => bound[Symbol.dispose]());
  attempt(`${label}: dispose again`, () => bound[Symbol.dispose]());
};

const closed = new net.BoundSocket({ host: '127.0.0.1' });
attempt('open: address', () => closed.address());
attempt('open: close', () => closed.close());
useUp('closed', closed);

const disposed = new net.BoundSocket({ host: '127.0.0.1' });
attempt('open: dispose', () => disposed[Symbol.dispose]());
useUp('disposed', disposed);
