// pause() inside 'data' holds back what follows; resume() brings it, in order and complete.
'use strict';

const net = require('node:net');
const { Side, listenLocally, until } = require('./_sides');

const side = new Side('client');
let accepted;
const server = net.createServer((socket) => {
  accepted = socket;
  server.close();
  socket.resume();
  socket.write('one');
});
listenLocally(server, (port) => {
  const client = net.connect(port, '127.0.0.1');
  side.watch(client, 'pause', 'resume', 'end', 'finish', 'close');
  let count = 0;
  client.on('data', (data) => {
    count += 1;
    side.note('data', data, client.readableFlowing, client.readableLength, client.bytesRead);
    side.note('returns', client.pause() === client, client.readableFlowing);
    if (count === 1) {
      accepted.write('two');
      until(() => client.bytesRead === 6, () => {
        side.note('buffered', client.readableLength, client.readableFlowing);
        side.note('resumed', client.resume() === client, client.readableFlowing);
      });
    } else if (count === 2) {
      // Paused and resumed at once: no time to stop.
      client.resume();
      side.note('at once', client.readableFlowing);
      accepted.write('three');
    } else {
      // Nothing is held back: the end comes through to a paused socket, too.
      accepted.end();
    }
  });
});
