// A half-open socket stays open after the peer's end until its own end(); without it, it ends too.
'use strict';

const net = require('node:net');
const { Side, listenLocally, settle } = require('./_sides');

const run = (name, serverOpen, then) => {
  const side = new Side(name);
  const peer = new Side(`${name}, client`);
  const server = net.createServer({ allowHalfOpen: serverOpen }, (socket) => {
    server.close();
    side.note('property', socket.allowHalfOpen);
    side.watch(socket, 'end', 'finish', 'error', 'close');
    socket.resume();
    socket.on('end', () => {
      if (!serverOpen) {
        return;
      }
      settle(() => {
        side.note('still', socket.readyState, socket.destroyed);
        side.note('written', socket.write('more', (err) => side.note('callback', err ?? null)));
        settle(() => {
          side.note('still', socket.readyState, socket.writableLength);
          socket.end();
        });
      });
    });
  });
  server.on('close', then);
  listenLocally(server, (port) => {
    const client = net.connect(port, '127.0.0.1');
    client.on('connect', () => client.end());
    peer.watch(client, 'finish', 'data', 'end', 'close');
  });
};

run('half-open', true, () => run('ordinary', false, () => {}));
