// Socket options before, during and after a connection: what they answer and refuse.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

class Widget {}
const bad = [-1, 256, 1.5, NaN, Infinity, 2 ** 40, 'x', null, true, new Widget()];

const tune = (side, socket) => {
  const attempt = (what, fn) => {
    try {
      side.note(what, fn());
    } catch (err) {
      side.note(what, 'threw', err);
    }
  };
  for (const enable of [undefined, true, false, null, 0, 'x']) {
    attempt('no delay', () => socket.setNoDelay(enable) === socket);
  }
  attempt('no delay', () => socket.setNoDelay() === socket);
  const forms = [
    [], [true], [false], [null], [true, 2000], [true, 2999.9], [true, -5000], [true, 'x'],
    [true, 2000, 3000], [true, 2000, 3000, 4], [true, 2000, -1, -1], [true, 2000, 1000, 1e6],
    [true, 2000, 'x', 'y'], [true, 1e15, 1e15, 2 ** 40], [true, NaN, Infinity, 1.5],
    [{}], [{ enable: true }], [{ enable: true, initialDelay: 5000, interval: 2000, count: 3 }],
    [{ enable: false, initialDelay: 5000 }], [{ enable: true, count: null }],
  ];
  for (const form of forms) {
    attempt('keep-alive', () => socket.setKeepAlive(...form) === socket);
  }
  side.note('type of service', socket.getTypeOfService());
  for (const tos of bad) {
    attempt('type of service', () => socket.setTypeOfService(tos));
  }
  side.note('type of service', socket.getTypeOfService());
  for (const tos of [16, 3, 255, 8, 8]) {
    attempt('type of service', () => socket.setTypeOfService(tos) === socket);
    side.note('type of service', socket.getTypeOfService());
  }
};

const [fresh, connected, accepted, closed] = ['new', 'connected', 'accepted', 'closed'].map(
  (name) => new Side(name),
);
const server = net.createServer((socket) => {
  tune(accepted, socket);
  socket.end();
});
listenLocally(server, (port) => {
  const socket = new net.Socket();
  tune(fresh, socket);
  socket.connect(port, '127.0.0.1', () => {
    tune(connected, socket);
    socket.resume();
  });
  socket.on('close', () => {
    tune(closed, socket);
    server.close();
  });
});
