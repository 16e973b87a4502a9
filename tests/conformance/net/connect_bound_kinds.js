// A BoundSocket as handle that is of another kind than what it shall connect to.
'use strict';

const net = require('node:net');
const path = require('node:path');
const { newPort } = require('../conformance_trace');
const { Side, freshDirectory, listenLocally } = require('./_sides');

const EVENTS = ['connectionAttempt', 'connectionAttemptFailed', 'connect', 'error', 'close'];
const directory = freshDirectory();
process.chdir(directory);
const server = net.createServer((socket) => socket.destroy());

listenLocally(server, (port) => {
  const cases = [
    ['path to IPv4', { path: 'bound.sock' }, { port, host: '127.0.0.1' }],
    ['IPv4 to path', { host: '127.0.0.1' }, { path: 'nobody.sock' }],
    ['IPv4 to IPv6', { host: '127.0.0.1' }, { port, host: '::1' }],
    ['IPv4 to a zone', { host: '127.0.0.1' }, { port, host: 'fe80::1%lo' }],
    ['IPv6 to IPv4', { host: '::1' }, { port, host: '127.0.0.1' }],
  ];
  const next = () => {
    const entry = cases.shift();
    if (!entry) {
      server.close();
      return;
    }
    const [name, where, to] = entry;
    const bound = new net.BoundSocket(where);
    if (!where.path) {
      newPort(bound.address().port);
    }
    const side = new Side(name);
    const client = new net.Socket({ handle: bound });
    side.watch(client, ...EVENTS);
    client.on('close', next);
    client.resume();
    client.connect(to);
  };
  next();
});
