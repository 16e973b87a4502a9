// resetAndDestroy(): an RST to the peer, at once, once connected, or an error if there is none.
'use strict';

const net = require('node:net');
const path = require('node:path');
const { Side, attempt, freePort, freshDirectory, listenLocally } = require('./_sides');

const EVENTS = ['connect', 'ready', 'end', 'finish', 'error', 'close'];
const watched = (name, socket) => new Side(name).watch(socket, ...EVENTS);

const unconnected = (then) => {
  const socket = watched('unconnected', new net.Socket());
  attempt('unconnected', () => socket.resetAndDestroy() === socket);
  attempt('again', () => socket.resetAndDestroy() === socket);
  socket.on('close', then);
};

const refused = (then) => {
  freePort((port) => {
    const socket = watched('refused', net.connect(port, '127.0.0.1'));
    attempt('refused', () => socket.resetAndDestroy() === socket);
    socket.on('close', then);
  });
};

const tcp = (name, reset, then) => {
  const server = net.createServer((socket) => {
    watched(`${name}, peer`, socket);
    socket.on('close', () => server.close(then));
    socket.resume();
    if (name === 'connected') {
      socket.write('hello');
    }
  });
  listenLocally(server, (port) => reset(watched(name, net.connect(port, '127.0.0.1'))));
};

const connected = (then) => tcp('connected', (socket) => {
  socket.on('data', () => {
    attempt('connected', () => socket.resetAndDestroy() === socket);
    attempt('again', () => socket.resetAndDestroy() === socket);
  });
}, then);

const connecting = (then) => tcp('connecting', (socket) => {
  attempt('connecting', () => socket.resetAndDestroy() === socket);
}, then);

const accepted = (then) => {
  const server = net.createServer((socket) => {
    watched('accepted', socket);
    socket.on('data', () => {
      attempt('accepted', () => socket.resetAndDestroy() === socket);
    });
  });
  listenLocally(server, (port) => {
    const client = watched('client', net.connect(port, '127.0.0.1'));
    client.write('x');
    client.on('close', () => server.close(then));
  });
};

const unix = () => {
  const file = path.join(freshDirectory(), 'reset');
  const server = net.createServer((socket) => {
    attempt('unix accepted', () => socket.resetAndDestroy());
    socket.end();
  });
  server.listen(file, () => {
    const client = watched('unix', net.connect(file));
    attempt('unix connecting', () => client.resetAndDestroy());
    client.on('connect', () => attempt('unix', () => client.resetAndDestroy()));
    client.resume();
    client.on('close', () => server.close());
  });
};

unconnected(() => refused(() => connected(() => connecting(() => accepted(unix)))));
