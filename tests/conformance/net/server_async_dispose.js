// Disposing of a server closes it and resolves after 'close'; one that is not open is done already.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { listenLocally } = require('./_sides');

const main = async () => {
  const server = net.createServer();
  server.on('close', () => trace('close'));
  trace('not open', await server[Symbol.asyncDispose]() ?? null);
  await new Promise((resolve) => listenLocally(server, resolve));
  const { port } = server.address();
  const accepted = new Promise((resolve) => server.on('connection', resolve));
  const client = net.connect(port, '127.0.0.1');
  client.resume().on('close', () => trace('client closed'));
  const socket = await accepted;
  const disposed = server[Symbol.asyncDispose]();
  trace('disposing', server.listening, server.listenerCount('close'));
  trace('again', await server[Symbol.asyncDispose]() ?? null);
  socket.end();
  socket.resume();
  trace('disposed', await disposed ?? null, server.listenerCount('close'));
};

main();
