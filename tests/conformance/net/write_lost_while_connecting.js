// Writes that never get out because the socket dies while connecting: what each callback gets.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { freePort, listenLocally } = require('./_sides');

const EVENTS = ['connect', 'ready', 'drain', 'finish', 'end', 'error', 'close'];
const server = net.createServer((socket) => socket.destroy());

const run = (name, port, writes, then, act) => {
  const client = net.connect(port, '127.0.0.1');
  for (const event of EVENTS) {
    client.on(event, (...args) => trace(`${name} ${event}`, ...args));
  }
  for (let i = 1; i <= writes; i += 1) {
    const result = client.write(`chunk ${i}`, (...args) => trace(`${name} callback ${i}`, ...args));
    trace(`${name} write`, result, client.writableLength);
  }
  act(client);
  client.on('close', () => {
    trace(`${name} left`, client.writableLength, client.bytesWritten);
    then();
  });
};

const nothing = () => {};
const destroy = (client) => client.destroy();
const fail = (client) => client.destroy(new Error('given up'));
const end = (client) => client.end((...args) => trace('end callback', ...args));
const endAndDestroy = (client) => {
  end(client);
  client.destroy();
};
const steps = (port, free) => [
  ['destroy, 0 writes', port, 0, destroy],
  ['destroy, 1 write', port, 1, destroy],
  ['destroy, 3 writes', port, 3, destroy],
  ['destroy with error, 1 write', port, 1, fail],
  ['destroy with error, 3 writes', port, 3, fail],
  ['end and destroy, 0 writes', port, 0, endAndDestroy],
  ['end and destroy, 2 writes', port, 2, endAndDestroy],
  ['refused, 1 write', free, 1, nothing],
  ['refused, 3 writes', free, 3, nothing],
  ['refused, end, 0 writes', free, 0, end],
  ['refused, end, 2 writes', free, 2, end],
];

freePort((free) => {
  listenLocally(server, (port) => {
    const left = steps(port, free);
    const next = () => {
      if (!left.length) {
        server.close();
        return;
      }
      const [name, where, writes, act] = left.shift();
      run(name, where, writes, next, act);
    };
    next();
  });
});
