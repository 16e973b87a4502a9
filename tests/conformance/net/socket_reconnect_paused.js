// What a paused socket has received and not read outlives its connection; so does the pause.
'use strict';

const net = require('node:net');
const { Side, listenLocally, until } = require('./_sides');

const side = new Side('client');
let count = 0;
const server = net.createServer((socket) => {
  count += 1;
  socket.on('error', () => {});
  socket.write(`message ${count}`);
});

listenLocally(server, (port) => {
  const client = new net.Socket();
  const note = (label) => side.note(label, client.readableLength, client.isPaused(),
                                    client.readableFlowing, client.bytesRead);
  client.connect(port, '127.0.0.1');
  until(() => client.readableLength === 9, () => {
    note('received');
    client.pause();
    client.destroy();
    note('destroyed');
    client.once('close', () => {
      note('closed');
      client.connect(port, '127.0.0.1');
      note('connecting');
      client.once('ready', () => {
        note('ready');
        let text = '';
        client.on('data', (data) => {
          text += data;
          if (text.length === 18) {
            side.note('text', text);
            client.destroy();
          }
        });
        client.resume();
        client.once('close', () => server.close());
      });
    });
  });
});
