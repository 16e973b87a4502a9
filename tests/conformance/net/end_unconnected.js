// A socket that never was connected: end(), write() and destroy() on it.
'use strict';

const net = require('node:net');
const { Side } = require('./_sides');

const EVENTS = ['prefinish', 'finish', 'end', 'error', 'close'];
const cases = [
  ['end', (socket) => socket.end()],
  ['end with callback', (socket, note) => socket.end(note('callback'))],
  ['end with data', (socket, note) => socket.end('data', note('callback'))],
  ['write', (socket, note) => note('returned')(socket.write('data', note('callback')))],
  ['three writes', (socket, note) => {
    note('returned')(socket.write('one', note('first')), socket.write('two', note('second')),
                     socket.write('three', note('third')));
  }],
  ['write, destroy', (socket, note) => {
    socket.write('data', note('callback'));
    socket.destroy();
  }],
  ['destroy', (socket, note) => note('returned')(socket.destroy() === socket)],
  ['destroy with error', (socket) => socket.destroy(new Error('mine'))],
  ['destroy twice', (socket) => socket.destroy(new Error('first')).destroy(new Error('second'))],
  ['destroy, end', (socket, note) => socket.destroy().end(note('callback'))],
  ['destroy, write', (socket, note) => {
    note('returned')(socket.destroy().write('data', note('callback')));
  }],
  ['pause, end', (socket) => socket.pause().end()],
  ['resume, end', (socket) => socket.resume().end()],
];

for (const [name, act] of cases) {
  const side = new Side(name);
  const socket = new net.Socket();
  const state = (label) => {
    side.note(label, socket.readyState, socket.destroyed, socket.pending,
              socket.connecting, socket.writableLength, socket.bytesRead, socket.bytesWritten);
  };
  state('new');
  for (const event of EVENTS) {
    socket.on(event, (...args) => {
      side.note(event, ...args);
      state(`in ${event}`);
    });
  }
  act(socket, (label) => (...args) => side.note(label, ...args));
  state('after');
}
