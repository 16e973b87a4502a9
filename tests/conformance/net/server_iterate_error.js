// A loop over a server raises its 'error', after the connections that came before it.
'use strict';

const { on } = require('node:events');
const net = require('node:net');
const { trace } = require('../conformance_trace');
const { listenLocally } = require('./_sides');

async function* connections(server) {
  for await (const [socket] of on(server, 'connection', { close: ['close'] })) {
    yield socket;
  }
}

const server = net.createServer();
const serve = async () => {
  try {
    for await (const socket of connections(server)) {
      trace('connection');
      socket.destroy();
      server.emit('error', new Error('made up'));
    }
  } catch (err) {
    trace('raised', err);
  }
  trace('listeners', server.listenerCount('connection'), server.listenerCount('error'));
  server.close();
};

listenLocally(server, (port) => {
  serve();
  net.connect(port, '127.0.0.1').on('close', () => trace('client closed')).resume();
});
