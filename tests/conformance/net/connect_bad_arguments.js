// What connect() cannot understand it throws.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');

class Widget {}

const cases = [
  [{}], [{ host: 'localhost' }], [{ path: null }],
  [-1], [65536], ['65536'], [1.5], [NaN],
  [true], [{ port: true }], [{ port: null }], [{ port: new Widget() }],
  [{ port: -1 }], [{ port: 'x' }],
  [{ port: '' }], [{ port: ' ' }], [{ port: Infinity }],
  [{ port: 1, host: 5 }], [{ port: 1, host: true }], [{ port: 1, host: 'a\0b' }],
  [{ path: 5 }], [{ path: true }], [{ path: new Widget() }],
];

for (const args of cases) {
  for (const [name, call] of [
    ['net', () => net.connect(...args)], ['socket', () => new net.Socket().connect(...args)],
  ]) {
    try {
      const client = call();
      trace(name, args, 'passed');
      client.on('error', () => {});
      client.destroy();
    } catch (err) {
      trace(name, args, err.code, err.name);
      if (err.code !== 'ERR_INVALID_ARG_VALUE') {
        trace('message', err.message);
      }
    }
  }
}
