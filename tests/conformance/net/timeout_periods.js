// 'timeout' comes once per idle period, again only after traffic; the socket stays open.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const side = new Side('client');
const other = new Side('clock');
const server = net.createServer((socket) => {
  socket.on('data', (data) => socket.write(data));
  socket.on('end', () => server.close());
});
listenLocally(server, (port) => {
  const client = net.connect(port, '127.0.0.1');
  side.watch(client, 'data', 'end', 'error', 'close');
  let times = 0;
  client.on('timeout', () => {
    times += 1;
    side.note('timeout', times, client.destroyed, client.readyState, client.timeout);
    if (times === 1) {
      // Three more periods without traffic bring nothing.
      setTimeout(() => {
        side.note('three periods later', times);
        client.write('ping');
      }, 150);
    } else if (times === 2) {
      client.setTimeout(30);
    } else if (times === 3) {
      client.setTimeout(0);
      setTimeout(() => {
        side.note('switched off', times, client.timeout);
        client.end();
      }, 100);
    }
  });
  side.note('before', client.timeout ?? null);
  client.on('connect', () => {
    side.note('returns', client.setTimeout(40) === client, client.timeout);
  });
  client.on('end', () => other.note('end', times));
});
