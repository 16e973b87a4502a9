// destroy() of a connected socket: 'close' tells of an error; the peer sees an end.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const EVENTS = ['data', 'end', 'finish', 'error', 'close'];
const cases = [
  ['destroy', (client) => client.destroy()],
  ['destroy with error', (client) => client.destroy(new Error('mine'))],
  ['destroy twice', (client) => client.destroy().destroy(new Error('second'))],
  ['destroy with null', (client) => client.destroy(null)],
  ['write, destroy', (client, note) => {
    note('returned')(client.write('last', note('callback')));
    client.destroy();
  }],
  ['destroy, write', (client, note) => {
    client.destroy();
    note('returned')(client.write('late', note('callback')));
  }],
  ['destroy, end', (client, note) => {
    client.destroy();
    client.end(note('callback'));
  }],
  ['destroy, pause, resume', (client) => client.destroy().pause().resume()],
  ['end, destroy with error', (client, note) => {
    client.end('last', note('callback'));
    client.destroy(new Error('mine'));
  }],
];

const run = (left) => {
  if (!left.length) {
    return;
  }
  const [[name, act], ...rest] = left;
  const asking = new Side(`${name}, client`);
  const serving = new Side(`${name}, server`);
  const server = net.createServer((socket) => {
    server.close();
    serving.watch(socket, ...EVENTS);
  });
  server.on('close', () => run(rest));
  listenLocally(server, (port) => {
    const client = net.connect(port, '127.0.0.1', () => {
      asking.watch(client, ...EVENTS);
      act(client, (label) => (...args) => asking.note(label, ...args));
      asking.note('after', client.destroyed, client.readyState, client.pending);
    });
  });
};

run(cases);
