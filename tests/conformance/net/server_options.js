// What createServer() makes of its options: checked, converted, kept as properties.
'use strict';

const net = require('node:net');
const { attempt } = require('./_sides');

const shown = (server) => [
  server.allowHalfOpen, server.pauseOnConnect, server.noDelay, server.keepAlive,
  server.keepAliveInitialDelay, server.highWaterMark, server.dropMaxConnection ?? null,
];

attempt('none', () => shown(net.createServer()));
attempt('null', () => shown(net.createServer(null)));
attempt('all', () => shown(net.createServer({
  allowHalfOpen: true, pauseOnConnect: true, noDelay: true, keepAlive: true,
  keepAliveInitialDelay: 2500, highWaterMark: 1000,
})));
for (const value of [1, 'yes', 0, '', null]) {
  attempt(`truth of ${value}`, () => shown(net.createServer({
    pauseOnConnect: value, noDelay: value, keepAlive: value,
  })));
}
for (const value of [0, 999, 1000, 1999.5, -1, 1e15, 2 ** 80, NaN, Infinity]) {
  attempt('delay', () => shown(net.createServer({ keepAliveInitialDelay: value })));
}
for (const value of ['1000', null, true, {}]) {
  attempt('bad delay', () => shown(net.createServer({ keepAliveInitialDelay: value })));
}
for (const value of [0, 1, 65536, -1, -0.5]) {
  attempt(`mark ${value}`, () => shown(net.createServer({ highWaterMark: value })));
}
for (const value of ['1000', null, true, {}]) {
  attempt('bad mark', () => shown(net.createServer({ highWaterMark: value })));
}
attempt('unknown', () => shown(net.createServer({ wood: 'pine', captureRejections: 'x' })));
const server = net.createServer();
Object.assign(server, {
  allowHalfOpen: true, pauseOnConnect: true, noDelay: true, keepAlive: true,
  keepAliveInitialDelay: 7, highWaterMark: 5, dropMaxConnection: true,
});
attempt('changed', () => shown(server));
