// With pauseOnConnect nothing is read from a new connection until resume(), not even its end.
'use strict';

const net = require('node:net');
const { Side, listenLocally, settle } = require('./_sides');

const serving = new Side('server');
const client = new Side('client');

const server = net.createServer({ pauseOnConnect: true }, (socket) => {
  serving.note('connection', socket.readableFlowing);
  serving.watch(socket, 'pause', 'resume', 'data', 'end', 'close');
  serving.note('listening for data', socket.readableFlowing);
  settle(() => {
    serving.note('after a while', socket.bytesRead, socket.readableLength, socket.readableFlowing);
    socket.resume();
    serving.note('resumed', socket.readableFlowing);
    server.close();
  });
});
serving.watch(server, 'close');
listenLocally(server, (port) => {
  const peer = client.watch(net.connect(port, '127.0.0.1'), 'end', 'close');
  peer.end('hello');
  peer.resume();
});
