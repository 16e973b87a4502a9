// destroy() inside each listener: what still comes after it, with an error and without.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const EVENTS = ['connectionAttempt', 'connect', 'ready', 'data', 'drain', 'timeout', 'end',
                'prefinish', 'finish', 'error', 'close'];

// What the peer does with the connection, so that the event comes.
const talk = (socket) => {
  socket.on('error', () => {});
  socket.resume();
  socket.end('hello');
};
const listen = (socket) => {
  socket.on('error', () => {});
  socket.resume();
};
const cases = [
  ['connect', listen], ['ready', listen], ['data', talk],
  ['end', talk], ['prefinish', talk], ['finish', talk], ['close', talk], ['timeout', listen],
  ['drain', listen],
];

const run = (left) => {
  if (!left.length) {
    return;
  }
  const [[event, peer, error], ...rest] = left;
  const side = new Side(`${event}, ${error ? 'error' : 'none'}`);
  const server = net.createServer((socket) => {
    server.close();
    peer(socket);
  });
  listenLocally(server, (port) => {
    const client = net.connect(port, '127.0.0.1');
    side.watch(client, ...EVENTS.filter((name) => name !== 'data'));
    if (peer === talk) {
      client.on('data', (data) => side.note('data', data));
    }
    client.once(event, () => {
      side.note('destroying', client.destroyed);
      client.destroy(error);
      side.note('destroyed', client.destroyed, client.readyState, client.pending,
                client.connecting, client.writable, client.readable);
    });
    client.on(event, () => side.note('next listener'));
    if (event === 'timeout') {
      client.on('ready', () => client.setTimeout(20));
    }
    if (event === 'drain') {
      client.write(Buffer.alloc(16 * 1024 * 1024), (err) => side.note('callback', err ?? null));
    }
    client.on('close', () => {
      if (server.listening) {
        server.close();
      }
    });
  });
  server.once('close', () => run(rest));
};

run([...cases, ...cases.map(([event, peer]) => [event, peer, new Error(`in ${event}`)])]);
