// createServer() refuses options that are none; of listeners it takes only functions.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { attempt } = require('./_sides');

class Widget {}

const listener = () => {};
const made = (...args) => {
  const server = net.createServer(...args);
  return [server instanceof net.Server, server.listenerCount('connection'), server.listening,
          server.allowHalfOpen];
};

for (const bad of [5, 'x', true, false, 1.5]) {
  attempt(`options ${bad}`, () => made(bad));
}
attempt('nothing', () => made());
attempt('null', () => made(null));
attempt('null, listener', () => made(null, listener));
attempt('listener', () => made(listener));
attempt('options', () => made({}));
attempt('options, listener', () => made({ allowHalfOpen: true }, listener));
attempt('truthy option', () => made({ allowHalfOpen: 1 }, listener));
attempt('options, null', () => made({}, null));
attempt('listener twice', () => made(listener, listener));
attempt('class', () => [new net.Server({ allowHalfOpen: true }, listener).allowHalfOpen]);
trace('methods', net.createServer().address());

const server = net.createServer();
for (const bad of [null, 5, 'x', new Widget(), true]) {
  attempt('getConnections', () => server.getConnections(bad) === server);
}
attempt('getConnections', () => server.getConnections() === server);
// close() takes anything.
attempt('close', () => server.close(5) === server);
