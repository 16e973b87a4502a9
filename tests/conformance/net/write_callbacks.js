// Write callbacks come in the order of the writes, then the callbacks of end(), then 'finish'.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const side = new Side('client');
const server = net.createServer((socket) => {
  const parts = [];
  socket.on('data', (data) => parts.push(data));
  socket.on('end', () => {
    side.note('arrived', Buffer.concat(parts));
    server.close();
  });
});
listenLocally(server, (port) => {
  const client = net.connect(port, '127.0.0.1');
  client.resume();
  side.watch(client, 'connect', 'ready', 'drain', 'prefinish', 'finish', 'end', 'error', 'close');
  const note = (label) => (...args) => {
    side.note(label, args.length, ...args, client.writableLength);
  };
  client.on('ready', () => {
    side.note('returned', client.write('a', note('first')));
    side.note('returned', client.write(Buffer.from('b'), note('second')));
    side.note('returned', client.write('', note('empty')));
    side.note('returned', client.write('c'));
    side.note('returned', client.write('ZA==', 'base64', note('third')));
    side.note('length', client.writableLength, client.writableNeedDrain);
    side.note('end', client.end('e', note('end')) === client);
    side.note('ended', client.writable, client.writableEnded, client.writableFinished);
    client.end(note('second end'));
  });
  client.on('finish', () => side.note('finished', client.writableFinished));
});
