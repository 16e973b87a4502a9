// Inside the 'end' listener one can still write; later the other party has ended the socket.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const asking = new Side('client');
const serving = new Side('server');
const server = net.createServer((socket) => {
  server.close();
  serving.watch(socket, 'prefinish', 'finish', 'drain', 'error', 'close');
  socket.on('data', (data) => serving.note('data', data));
  socket.on('end', () => {
    serving.note('end', socket.writable, socket.readyState);
    serving.note('returned', socket.write('last words', (...args) => {
      serving.note('callback', ...args);
    }));
  });
  // The socket was ended on this side, too.
  socket.on('finish', () => {
    serving.note('late', socket.write('too late', (...args) => {
      serving.note('late callback', ...args);
    }));
    serving.note('destroyed', socket.destroyed);
  });
});
listenLocally(server, (port) => {
  const client = net.connect(port, '127.0.0.1');
  client.on('connect', () => client.end('question'));
  let text = '';
  client.on('data', (data) => { text += data; });
  asking.watch(client, 'finish', 'end', 'error', 'close');
  client.on('end', () => asking.note('text', text));
});
