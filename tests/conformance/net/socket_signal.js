// A signal that fires destroys the socket with an AbortError, whatever it is doing.
'use strict';

const net = require('node:net');
const { Side, attempt, listenLocally } = require('./_sides');

const EVENTS = ['connectionAttempt', 'connect', 'ready', 'end', 'finish', 'error', 'close'];
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.resume();
});

listenLocally(server, (port) => {
  const run = (name, options, when, then) => {
    const side = new Side(name);
    const controller = new AbortController();
    const socket = new net.Socket({ ...options, signal: controller.signal });
    side.watch(socket, ...EVENTS);
    const abort = (reason) => {
      controller.abort(reason);
      side.note('aborted', socket.destroyed, socket.connecting, socket.readyState);
      side.note('errored', socket.errored);
    };
    socket.on('error', (err) => side.note('cause', err.cause instanceof Error || err.cause));
    socket.on('close', () => {
      controller.abort('too late');
      then();
    });
    when(socket, abort);
  };
  const cases = [
    ['unconnected', {}, (socket, abort) => abort()],
    ['connecting', {}, (socket, abort) => {
      socket.connect(port, '127.0.0.1');
      abort('enough');
    }],
    ['connected', {}, (socket, abort) => {
      socket.connect(port, '127.0.0.1', () => abort(new Error('why')));
    }],
    ['ended', { allowHalfOpen: true }, (socket, abort) => {
      socket.connect(port, '127.0.0.1', () => socket.end());
      socket.on('finish', () => abort(5));
    }],
    ['destroyed', {}, (socket, abort) => {
      socket.connect(port, '127.0.0.1', () => {
        socket.destroy();
        abort();
      });
    }],
    ['with a time-out', {}, (socket, abort) => {
      socket.setTimeout(50000);
      socket.connect(port, '127.0.0.1', () => abort());
    }],
  ];
  const next = () => {
    const entry = cases.shift();
    if (entry) {
      run(...entry, next);
      return;
    }
    for (const signal of [5, 'x', {}]) {
      attempt('bad', () => net.connect({ port, host: '127.0.0.1', signal }));
    }
    server.close();
  };
  next();
});
