// What a connecting socket emits, and with which arguments: to an address, to a name.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { Side, listenLocally } = require('./_sides');

const EVENTS = ['lookup', 'connectionAttempt', 'connectionAttemptFailed',
                'connectionAttemptTimeout', 'connect', 'ready', 'data', 'end', 'finish',
                'error', 'close'];
const server = net.createServer((socket) => socket.end());

const connect = (name, args, then) => {
  const side = new Side(name);
  const client = new net.Socket();
  const state = (label) => side.note(label, client.connecting, client.pending, client.readyState);
  state('before');
  side.watch(client, ...EVENTS);
  client.on('connect', () => {
    state('connected');
    side.note('remote', client.remoteAddress, client.remotePort, client.remoteFamily);
    side.note('attempted', client.autoSelectFamilyAttemptedAddresses ?? null);
  });
  client.on('close', () => {
    state('closed');
    then();
  });
  side.note('returns', client.connect(...args, () => side.note('callback')) === client);
  state('after');
  client.on('connect', () => side.note('last listener'));
};

listenLocally(server, (port) => {
  connect('address', [port, '127.0.0.1'], () => {
    connect('name', [{ port, host: 'localhost', family: 4 }], () => {
      connect('string port', [String(port), '127.0.0.1'], () => {
        trace('listening', server.listening);
        server.close();
      });
    });
  });
});
