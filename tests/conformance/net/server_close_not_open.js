// close() of a server that is not open: the callback gets the error, 'close' comes all the same.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { listenLocally } = require('./_sides');

const never = net.createServer();
never.on('close', () => trace('never opened: close'));
trace('returns', never.close((...args) => trace('never opened: callback', ...args)) === never);
trace('listeners', never.listenerCount('close'));

const silent = net.createServer();
silent.on('close', () => trace('without callback: close'));
silent.close();

const server = net.createServer();
server.on('close', () => trace('twice: close'));
server.on('error', (err) => trace('error', err));
listenLocally(server, () => {
  server.close((...args) => {
    trace('first callback', ...args);
    server.close((...late) => trace('third callback', ...late));
  });
  server.close((...args) => trace('second callback', ...args));
  server.on('close', () => trace('last listener'));
});
