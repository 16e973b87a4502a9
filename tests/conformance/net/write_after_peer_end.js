// After the peer's end and one's own, a write fails with EPIPE; on a half-open socket it arrives.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const run = (name, allowHalfOpen, moment, then) => {
  const side = new Side(name);
  const server = net.createServer((socket) => {
    server.close();
    socket.resume();
    socket.on('error', () => {});
    socket.end();
  });
  server.on('close', then);
  listenLocally(server, (port) => {
    const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen });
    client.resume();
    side.watch(client, 'finish', 'end', 'error', 'close');
    client.on(moment, () => {
      const write = (label) => {
        side.note(label, client.write(label, (...args) => side.note(`${label} callback`, ...args)));
        side.note('state', client.destroyed, client.writable, client.writableEnded);
      };
      write('first');
      write('second');
      client.end((...args) => side.note('end callback', ...args));
      write('third');
    });
  });
};

run('after close', false, 'close', () => {
  run('half-open, after end', true, 'end', () => {});
});
