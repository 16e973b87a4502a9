// A reset by the peer: 'error' ECONNRESET, then 'close'(true), whoever reads or waits for what.
'use strict';

const net = require('node:net');
const { Side, resettingPeer } = require('./_sides');

const EVENTS = ['connect', 'end', 'finish', 'drain', 'timeout', 'error', 'close'];
const cases = [
  ['flowing', (client) => client.resume()],
  ['data listener', (client, note) => client.on('data', note('data'))],
  ['nobody reads', () => {}],
  ['half-open', (client) => client.resume(), { allowHalfOpen: true }],
  ['ending', (client, note) => client.resume().end(note('end callback'))],
  ['encoding', (client) => client.setEncoding('utf8').resume()],
];

const run = (left) => {
  if (!left.length) {
    return;
  }
  const [[name, act, options], ...rest] = left;
  const side = new Side(name);
  resettingPeer((port) => {
    const client = net.connect({ port, host: '127.0.0.1', ...options });
    side.watch(client, ...EVENTS);
    client.on('error', () => {
      side.note('in error', client.destroyed, client.readyState, client.bytesRead,
                client.bytesWritten);
    });
    client.on('close', () => run(rest));
    client.on('ready', () => {
      client.write('x', (...args) => side.note('callback', ...args));
      act(client, (label) => (...args) => side.note(label, ...args));
    });
  });
};

run(cases);
