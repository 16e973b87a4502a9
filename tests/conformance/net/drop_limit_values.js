// A limit of 0 or less refuses all, no limit refuses none.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { listenLocally } = require('./_sides');

const limits = [0, -1, -Infinity, 0.5, 1, null, NaN, Infinity];

const next = () => {
  if (!limits.length) {
    return;
  }
  const limit = limits.shift();
  const seen = [];
  const server = net.createServer((socket) => {
    seen.push('connection');
    socket.end();
  });
  server.maxConnections = limit;
  server.on('drop', (data) => seen.push('drop', data.remoteAddress));
  server.on('close', () => {
    trace('limit', limit, seen);
    next();
  });
  listenLocally(server, (port) => {
    const client = net.connect(port, '127.0.0.1');
    client.resume();
    client.on('close', () => server.close());
  });
};

trace('unset', net.createServer().maxConnections ?? null);
next();
