// To 'localhost', the host when none is given, the addresses are tried until one takes it.
'use strict';

const net = require('node:net');
const { portLabel, trace } = require('../conformance_trace');
const { Side } = require('./_sides');

const EVENTS = ['lookup', 'connectionAttempt', 'connectionAttemptFailed',
                'connectionAttemptTimeout', 'connect', 'ready', 'end', 'finish', 'error', 'close'];
const server = net.createServer((socket) => socket.end());
server.listen(0, () => {
  const { port } = server.address();
  portLabel(port);
  const connect = (name, args, then) => {
    const side = new Side(name);
    const client = net.connect(...args);
    side.watch(client, ...EVENTS);
    client.on('ready', () => {
      side.note('remote', client.remoteAddress, client.remoteFamily);
      side.note('attempted', client.autoSelectFamilyAttemptedAddresses ?? null);
    });
    client.on('close', then);
  };
  connect('no host', [port], () => {
    connect('localhost', [port, 'localhost'], () => {
      connect('options', [{ port }], () => {
        trace('done');
        server.close();
      });
    });
  });
});
