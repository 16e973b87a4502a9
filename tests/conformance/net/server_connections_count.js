// getConnections() counts the open connections, and tells it later.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { listenLocally } = require('./_sides');

const sockets = [];
const server = net.createServer();
const count = (label, then) => {
  let returned = false;
  const result = server.getConnections((...args) => {
    trace(label, returned, ...args);
    then();
  });
  returned = true;
  trace(`${label} returns`, result === server);
};

server.on('connection', (socket) => {
  sockets.push(socket);
  socket.resume();
  if (sockets.length === 1) {
    trace('owner', socket.server === server);
  }
  if (sockets.length === 3) {
    count('three', () => {
      // The number counts when it is asked for: a socket goes when it is destroyed.
      sockets[0].destroy();
      count('two', () => {
        sockets[1].on('close', () => {
          count('one', () => {
            server.close(() => count('after close', () => {}));
            count('closing', () => sockets[2].destroy());
          });
        });
        sockets[1].destroy();
      });
    });
  }
});
count('not listening', () => {
  listenLocally(server, (port) => {
    for (let i = 0; i < 3; i += 1) {
      net.connect(port, '127.0.0.1').resume();
    }
  });
});
