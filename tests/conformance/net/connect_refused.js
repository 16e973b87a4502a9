// Where nobody listens: 'error' says what and where, 'close' that there was one.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { freePort } = require('./_sides');

const EVENTS = ['lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connect', 'ready', 'end',
                'finish'];

const connect = (options, then) => {
  const client = net.connect(options);
  for (const event of EVENTS) {
    client.on(event, (...args) => trace(event, ...args.map((arg) => arg ?? null)));
  }
  const state = (label) => trace(label, client.connecting, client.pending, client.readyState,
                                 client.destroyed, client.writable, client.readable);
  state('at once');
  client.on('error', (err) => {
    trace('error', err, client.errored === err);
    state('in error');
  });
  client.on('close', (hadError) => {
    trace('close', hadError);
    state('in close');
    then();
  });
};

freePort((port) => {
  connect({ port, host: '127.0.0.1' }, () => {
    connect({ port, host: '::1' }, () => {
      connect({ port: 1, host: 'no-such-host.invalid' }, () => {
        connect({ port, host: 'localhost', family: 4 }, () => trace('done'));
      });
    });
  });
});
