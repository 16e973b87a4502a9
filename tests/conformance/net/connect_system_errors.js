// What the system has against a connection, over TCP and over a path, at once or later.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { Side, freePort, freshDirectory } = require('./_sides');

const EVENTS = ['lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connect', 'end', 'error',
                'close'];
const directory = freshDirectory();
process.chdir(directory);
fs.writeFileSync('file', 'text');
fs.mkdirSync('directory');

freePort((port) => {
  const cases = [
    ['refused', { port, host: '127.0.0.1' }],
    ['refused IPv6', { port, host: '::1' }],
    ['refused, mapped', { port, host: '::ffff:127.0.0.1' }],
    ['broadcast', { port: 80, host: '255.255.255.255' }],
    ['name without address', { port: 80, host: 'no-such-host.invalid' }],
    ['no such path', { path: 'missing' }],
    ['no such directory', { path: path.join('missing', 'missing') }],
    ['a file', { path: 'file' }],
    ['a directory', { path: 'directory' }],
    ['a path through a file', { path: path.join('file', 'x') }],
    ['too long a path', { path: 'x'.repeat(200) }],
    ['no such abstract name', { path: '\0gnet-no-such-name' }],
  ];
  const next = () => {
    const entry = cases.shift();
    if (!entry) {
      return;
    }
    const [name, options] = entry;
    const side = new Side(name);
    const client = net.connect(options);
    for (const event of EVENTS) {
      client.on(event, (...args) => side.note(event, ...args.map((arg) => arg ?? null)));
    }
    client.on('error', (err) => side.note('error', typeof err.errno, client.errored === err));
    client.on('close', next);
  };
  next();
});
