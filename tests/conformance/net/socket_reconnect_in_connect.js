// A 'connect' listener destroys the connection and makes another: what was asked of one of them
// does not happen to the other.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.resume();
});

const CASES = {
  'end of the first': {
    first: (client, side) => client.end('bye', (err) => side.note('end callback', err)),
    between: () => {},
    second: (client) => client.destroy(),
  },
  'reset of the second': {
    first: () => {},
    between: (client) => client.resetAndDestroy(),
    second: () => {},
  },
};

listenLocally(server, (port) => {
  let open = Object.keys(CASES).length;
  for (const [name, { first, between, second }] of Object.entries(CASES)) {
    const side = new Side(name);
    const client = net.connect(port, '127.0.0.1');
    let connects = 0;
    let closes = 0;
    side.watch(client, 'connect', 'ready', 'prefinish', 'finish', 'end', 'error', 'close');
    client.on('connect', () => {
      connects += 1;
      if (connects === 1) {
        first(client, side);
        client.destroy();
        client.connect(port, '127.0.0.1');
        between(client, side);
      } else {
        second(client);
      }
    });
    client.on('close', () => {
      closes += 1;
      if (closes === 2) {
        side.note('closed', client.writableFinished, client.readyState);
        open -= 1;
        if (!open) {
          server.close();
        }
      }
    });
  }
});
