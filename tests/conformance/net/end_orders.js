// Who ends first decides the order of 'end', 'finish' and 'close' on each side.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const EVENTS = ['prefinish', 'finish', 'end', 'error', 'close'];

// Each case: what either side does when it is connected, and when it has heard the other's end.
const cases = {
  'client first': { client: (socket) => socket.end() },
  'server first': { server: (socket) => socket.end() },
  'both': { client: (socket) => socket.end(), server: (socket) => socket.end() },
  'client first, with data': { client: (socket) => socket.end('bye') },
  'client half-open': {
    open: ['client'], server: (socket) => socket.end('bye'),
    clientEnd: (socket) => socket.end('late'),
  },
  'server half-open': {
    open: ['server'], client: (socket) => socket.end('bye'),
    serverEnd: (socket) => socket.end('late'),
  },
  'both half-open': {
    open: ['client', 'server'], client: (socket) => socket.end('bye'),
    serverEnd: (socket) => {
      socket.write('late ');
      socket.end('answer');
    },
  },
  'half-open, client first': { open: ['client'], client: (socket) => socket.end() },
};

const run = (left) => {
  if (!left.length) {
    return;
  }
  const [[name, { open = [], client, server, clientEnd, serverEnd }], ...rest] = left;
  const setUp = (side, socket, start, heard) => {
    const state = (label) => {
      side.note(label, socket.readyState, socket.readable, socket.writable, socket.readableEnded,
                socket.writableEnded, socket.writableFinished, socket.destroyed);
    };
    let text = '';
    socket.on('data', (data) => { text += data; });
    side.watch(socket, ...EVENTS);
    socket.on('end', () => {
      side.note('text', text);
      heard?.(socket);
      state('after end');
    });
    socket.on('finish', () => state('after finish'));
    socket.on('close', () => state('after close'));
    start?.(socket);
    state('started');
  };
  const asking = new Side(`${name}, client`);
  const serving = new Side(`${name}, server`);
  const listening = net.createServer({ allowHalfOpen: open.includes('server') }, (socket) => {
    listening.close();
    setUp(serving, socket, server, serverEnd);
  });
  listening.on('close', () => run(rest));
  listenLocally(listening, (port) => {
    const options = { port, host: '127.0.0.1', allowHalfOpen: open.includes('client') };
    const socket = net.connect(options);
    socket.on('connect', () => setUp(asking, socket, client, clientEnd));
  });
};

run(Object.entries(cases));
