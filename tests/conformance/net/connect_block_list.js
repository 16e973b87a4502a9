// blockList: addresses that a socket does not connect to.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const EVENTS = ['lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connect', 'ready', 'end',
                'error', 'close'];
const server = net.createServer((socket) => socket.end());
const blockList = new net.BlockList();
blockList.addSubnet('127.0.0.8', 30);
blockList.addAddress('::1', 'ipv6');
const lookup = (...addresses) => (host, options, callback) => setImmediate(
  callback, null, addresses.map((address) => ({ address, family: net.isIP(address) })),
);

listenLocally(server, (port) => {
  const cases = [
    ['free', { host: '127.0.0.1' }],
    ['blocked', { host: '127.0.0.9' }],
    ['blocked IPv6', { host: '::1' }],
    ['blocked name', { host: 'somewhere', lookup: lookup('127.0.0.9') }],
    ['some blocked', { host: 'somewhere', lookup: lookup('127.0.0.9', '::1', '127.0.0.1') }],
    ['all blocked', { host: 'somewhere', lookup: lookup('127.0.0.9', '::1') }],
  ];
  const next = () => {
    const entry = cases.shift();
    if (!entry) {
      server.close();
      return;
    }
    const [name, options] = entry;
    const side = new Side(name);
    const client = net.connect({ port, blockList, ...options });
    side.watch(client, ...EVENTS);
    client.on('error', (err) => side.note('errors', err.errors ?? null));
    client.resume();
    client.on('close', () => {
      side.note('attempted', client.autoSelectFamilyAttemptedAddresses ?? null);
      next();
    });
  };
  next();
});
