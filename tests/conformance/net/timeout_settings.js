// setTimeout(): the property, the callback as a one-time listener, and values it refuses.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { attempt } = require('./_sides');

class Widget {}
const socket = new net.Socket();
const listeners = () => socket.listenerCount('timeout');
const callback = () => trace('callback');
const other = () => {};

trace('unset', socket.timeout ?? null, listeners());
attempt('set', () => socket.setTimeout(1000, callback) === socket);
trace('set', socket.timeout, listeners());
attempt('same callback again', () => socket.setTimeout(2000, callback) === socket);
trace('set', socket.timeout, listeners());
attempt('another callback', () => socket.setTimeout(2500.5, other) === socket);
trace('set', socket.timeout, listeners());
attempt('off with callback', () => socket.setTimeout(0, callback) === socket);
trace('set', socket.timeout, listeners());
attempt('off without callback', () => socket.setTimeout(0) === socket);
trace('set', socket.timeout, listeners());
attempt('off with one that is none', () => socket.setTimeout(0, () => {}) === socket);
trace('set', socket.timeout, listeners());

for (const bad of [-1, NaN, Infinity, -Infinity, '5', null, true, new Widget(), -0.5]) {
  attempt('bad', () => socket.setTimeout(bad) === socket);
  attempt('bad with callback', () => socket.setTimeout(bad, callback) === socket);
}
for (const bad of [5, 'x', null, true, new Widget()]) {
  attempt('bad callback', () => socket.setTimeout(100, bad) === socket);
  attempt('bad callback, off', () => socket.setTimeout(0, bad) === socket);
}
trace('still', socket.timeout, listeners());
socket.setTimeout(5000);
trace('still', socket.timeout);

socket.destroy();
attempt('destroyed', () => socket.setTimeout(700, callback) === socket);
trace('destroyed', socket.timeout, listeners());

attempt('option', () => net.connect({ port: 1, host: '127.0.0.1', timeout: -1 }));
attempt('option', () => net.connect({ port: 1, host: '127.0.0.1', timeout: 'x' }));
