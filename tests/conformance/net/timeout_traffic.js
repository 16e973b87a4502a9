// As long as something arrives in time there is no 'timeout'.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const side = new Side('client');
const server = net.createServer((socket) => {
  let left = 12;
  const tick = () => {
    left -= 1;
    if (left) {
      socket.write('.');
      setTimeout(tick, 15);
    } else {
      socket.resume();
      server.close();
    }
  };
  tick();
});
listenLocally(server, (port) => {
  const client = net.connect(port, '127.0.0.1');
  let bytes = 0;
  client.on('connect', () => client.setTimeout(60));
  client.on('data', (data) => { bytes += data.length; });
  client.on('timeout', () => {
    side.note('timeout', bytes);
    client.end();
  });
  side.watch(client, 'end', 'error', 'close');
});
