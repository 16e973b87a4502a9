// An end without data before it is noticed by a socket that nobody reads, unless it is paused.
'use strict';

const net = require('node:net');
const { Side, listenLocally, settle } = require('./_sides');

const run = (name, prepare, then) => {
  const side = new Side(name);
  let client;
  const server = net.createServer((socket) => {
    server.close();
    socket.end();
    settle(() => {
      side.note('settled', client.destroyed, client.readyState, client.readableFlowing);
      if (!client.destroyed) {
        client.resume();
      }
    });
  });
  server.on('close', then);
  listenLocally(server, (port) => {
    client = net.connect(port, '127.0.0.1');
    side.watch(client, 'pause', 'resume', 'end', 'finish', 'error', 'close');
    prepare(client, side);
  });
};

run('nobody listens', () => {}, () => {
  run('paused', (client) => client.pause(), () => {
    run('flowing', (client) => client.resume(), () => {
      const prepare = (client) => client.on('connect', () => client.pause());
      run('paused when connected', prepare, () => {});
    });
  });
});
