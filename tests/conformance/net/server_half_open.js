// With allowHalfOpen an accepted socket answers after the peer's end, until it ends itself.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const serving = new Side('server');
const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  serving.watch(socket, 'data', 'end', 'finish', 'close');
  socket.on('end', () => {
    serving.note('after the end', socket.readyState, socket.writable);
    socket.write('still here');
    setImmediate(() => {
      serving.note('later', socket.readyState);
      socket.end('bye');
    });
  });
  server.close();
});
serving.watch(server, 'close');
listenLocally(server, (port) => {
  const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const received = [];
  client.on('data', (data) => received.push(data));
  const side = new Side('client');
  side.watch(client, 'end', 'finish', 'close');
  client.on('end', () => side.note('received', Buffer.concat(received)));
  client.end('hello');
});
