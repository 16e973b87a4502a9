// Connections that wait together are taken one after the other: each listener has its say first.
'use strict';

const net = require('node:net');
const { Side, listenLocally, settle } = require('./_sides');

const CLIENTS = 5;

const cases = {
  'closes at the first': (server) => server.close(),
  'destroys each, limit 1': (server, socket) => socket.destroy(),
  'limits at the first': (server) => { server.maxConnections = 2; },
  'raises the limit': (server) => { server.maxConnections += 1; },
};

const anchor = net.createServer().listen(0); // something is open between two cases, too

const run = ([name, ...rest]) => {
  if (name === undefined) {
    anchor.close();
    return;
  }
  const side = new Side(name);
  const server = net.createServer();
  if (name.includes('limit 1') || name.startsWith('raises')) {
    server.maxConnections = 1;
  }
  let seen = 0;
  const clients = [];
  server.on('connection', (socket) => {
    seen += 1;
    socket.on('error', () => {});
    side.note('connection', seen);
    cases[name](server, socket);
  });
  server.on('drop', (data) => side.note('drop', data.remoteFamily));
  server.on('close', () => side.note('close'));
  listenLocally(server, (port) => {
    for (let made = 0; made < CLIENTS; made += 1) {
      clients.push(net.connect(port, '127.0.0.1').on('error', () => {}).resume());
    }
    settle(() => {
      server.getConnections((_, count) => {
        side.note('left', count);
        server.close();
        clients.forEach((client) => client.destroy());
        settle(() => run(rest));
      });
    });
  });
};

run(Object.keys(cases));
