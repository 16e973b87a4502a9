// Counters stay after the close; the peer's address stays if it was asked for before.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const run = (name, ask, then) => {
  const side = new Side(name);
  const server = net.createServer((socket) => {
    server.close();
    socket.on('data', (data) => socket.end(`got ${data}`));
  });
  listenLocally(server, (port) => {
    const client = net.connect(port, '127.0.0.1');
    const state = (label) => {
      side.note(label, client.bytesRead, client.bytesWritten, client.readyState, client.pending,
                client.connecting, client.destroyed, client.readable, client.writable);
    };
    const names = (label) => {
      side.note(label, client.remoteAddress ?? null, client.remotePort ?? null,
                client.remoteFamily ?? null, client.localAddress ?? null,
                client.localFamily ?? null, client.localPort === undefined);
      side.note(`${label} address`, Object.keys(client.address()).sort());
    };
    state('connecting');
    if (ask) {
      names('connecting');
    }
    client.on('connect', () => {
      state('connected');
      if (ask) {
        names('connected');
      }
      client.write('hällo');
      state('written');
    });
    client.on('data', (data) => {
      side.note('data', data);
      state('data');
    });
    for (const event of ['end', 'finish', 'close']) {
      client.on(event, () => {
        state(event);
        if (ask) {
          names(event);
        }
      });
    }
    client.on('close', () => {
      if (!ask) {
        names('asked too late');
      }
      client.destroy();
      state('destroyed again');
      then();
    });
  });
};

run('asked', true, () => run('never asked', false, () => {}));
