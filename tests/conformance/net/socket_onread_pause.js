// An onread callback that returns false stops reading; resume() goes on, pause() stops as well.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const EVENTS = ['pause', 'resume', 'end', 'finish', 'error', 'close'];
const server = net.createServer((socket) => socket.end('hello world'));

listenLocally(server, (port) => {
  const run = (name, answer, then) => {
    const side = new Side(name);
    const client = net.connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: Buffer.alloc(4),
        callback: (count, used) => {
          side.note('received', count, String(used.subarray(0, count)), client.isPaused());
          return answer(client, side);
        },
      },
    });
    side.watch(client, ...EVENTS);
    client.on('close', then);
  };
  const later = (client, side) => setImmediate(() => setImmediate(() => {
    side.note('later', client.bytesRead, client.isPaused());
    client.resume();
  }));
  const returns = (value) => (client, side) => {
    later(client, side);
    return value;
  };
  const pauses = (client, side) => {
    client.pause();
    later(client, side);
  };
  const noMatter = (value) => () => value;
  run('false', returns(false), () => run('pause', pauses, () => {
    run('null', noMatter(null), () => run('zero', noMatter(0), () => server.close()));
  }));
});
