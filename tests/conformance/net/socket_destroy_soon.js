// destroySoon(): end, and be destroyed when all writes are out.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const EVENTS = ['connect', 'ready', 'prefinish', 'finish', 'end', 'error', 'close'];
const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.resume();
});

const run = (name, make, then) => {
  const side = new Side(name);
  const note = (label) => {
    side.note(label, socket.destroyed, socket.writableEnded, socket.writableFinished);
  };
  const socket = make(note);
  side.watch(socket, ...EVENTS);
  socket.on('close', () => {
    note('closed');
    socket.destroySoon();
    note('once more');
    then();
  });
};

listenLocally(server, (port) => {
  const connect = () => net.connect(port, '127.0.0.1');
  const cases = [
    ['unconnected', (note) => {
      const socket = new net.Socket();
      socket.on('finish', () => note('in finish'));
      socket.destroySoon();
      return socket;
    }],
    ['connecting', (note) => {
      const socket = connect();
      socket.write('early', () => note('written'));
      socket.destroySoon();
      return socket;
    }],
    ['connected', (note) => {
      const socket = connect();
      socket.on('connect', () => {
        socket.write('some', () => note('written'));
        socket.destroySoon();
        note('after destroySoon');
      });
      return socket;
    }],
    ['ended', () => {
      const socket = connect();
      socket.on('connect', () => {
        socket.end('last');
        socket.destroySoon();
      });
      return socket;
    }],
    ['finished', (note) => {
      const socket = connect();
      socket.on('finish', () => {
        note('finish');
        socket.destroySoon();
        note('after destroySoon');
      });
      socket.end('last');
      return socket;
    }],
  ];
  const next = () => {
    const entry = cases.shift();
    if (entry) {
      run(...entry, next);
    } else {
      server.close();
    }
  };
  next();
});
