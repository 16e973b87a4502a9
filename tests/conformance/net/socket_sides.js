// Sockets made without one of their sides.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const EVENTS = ['connect', 'ready', 'prefinish', 'finish', 'end', 'error', 'close'];
const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  const side = new Side('peer');
  socket.on('error', () => {});
  socket.on('data', (data) => side.note('data', String(data)));
  socket.on('end', () => {
    side.note('end');
    socket.end();
  });
});

listenLocally(server, (port) => {
  const run = (name, options, when, then) => {
    const side = new Side(name);
    const socket = new net.Socket(options);
    side.watch(socket, ...EVENTS);
    const note = (label) => side.note(label, socket.readable, socket.writable, socket.readyState,
                                      socket.readableEnded, socket.writableEnded,
                                      socket.writableFinished, socket.destroyed,
                                      socket.readableAborted);
    note('new');
    socket.connect(port, '127.0.0.1', () => {
      note('connect');
      when(socket, side);
      note('used');
    });
    note('connecting');
    socket.on('close', () => {
      note('closed');
      then();
    });
  };
  const writeOnly = (socket) => socket.end('hello');
  const readOnly = (socket, side) => {
    side.note('write', socket.write('x', (err) => side.note('callback', err)));
  };
  const neither = (socket) => socket.destroy();
  run('write only', { readable: false }, writeOnly, () => {
    run('read only', { writable: false }, readOnly, () => {
      run('neither', { readable: false, writable: false }, neither, () => server.close());
    });
  });
});
