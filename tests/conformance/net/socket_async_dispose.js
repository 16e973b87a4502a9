// Disposing of a socket destroys it and waits for its 'close'.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const EVENTS = ['connect', 'end', 'finish'];
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.resume();
});

listenLocally(server, async (port) => {
  const dispose = async (name, socket) => {
    const side = new Side(name);
    side.watch(socket, ...EVENTS);
    const promise = socket[Symbol.asyncDispose]();
    side.note('at once', socket.destroyed, socket.errored);
    try {
      await promise;
      side.note('disposed', socket.closed);
    } catch (err) {
      side.note('failed', err);
    }
  };
  const connected = (options) => new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1', ...options });
    socket.on('connect', () => resolve(socket));
  });
  await dispose('unconnected', new net.Socket());
  await dispose('connecting', net.connect(port, '127.0.0.1'));
  const socket = await connected();
  await dispose('connected', socket);
  await dispose('once more', socket);
  const failed = await connected();
  failed.on('error', () => {});
  failed.destroy(new Error('mine'));
  await dispose('destroyed with an error', failed);
  const destroyed = await connected();
  destroyed.destroy();
  await dispose('destroyed', destroyed);
  const over = await connected();
  over.resume();
  over.end();
  await new Promise((resolve) => over.on('close', resolve));
  await dispose('over', over);
  server.close();
});
