// A loop over a server yields its connections, also those that came while its body worked.
'use strict';

const { on } = require('node:events');
const net = require('node:net');
const { trace } = require('../conformance_trace');
const { listenLocally } = require('./_sides');

// What a later Node does in server[Symbol.asyncIterator]().
async function* connections(server) {
  for await (const [socket] of on(server, 'connection', { close: ['close'] })) {
    yield socket;
  }
}

const server = net.createServer();
let served = 0;
const serve = async () => {
  for await (const socket of connections(server)) {
    served += 1;
    trace('connection', served, socket instanceof net.Socket);
    const data = await new Promise((resolve) => socket.once('data', resolve));
    trace('data', data);
    socket.end(data);
    if (served === 3) {
      server.close();
    }
  }
  trace('over', server.listening, server.listenerCount('connection'),
        server.listenerCount('error'), server.listenerCount('close'));
};

listenLocally(server, (port) => {
  serve();
  for (let count = 0; count < 3; count++) {
    net.connect(port, '127.0.0.1').resume().write('hello');
  }
});
server.on('close', () => trace('close'));
