// With an encoding 'data' brings text; characters that come in pieces are put together.
'use strict';

const net = require('node:net');
const { Side, listenLocally, until } = require('./_sides');

const cases = [
  ['utf8', ['c3', 'a9', 'e29c', '93', 'f0', '9f98', '80', '41']],
  ['utf8', ['41c3', '41', 'ff', 'e29c']],
  ['UTF-8', ['c3a9']],
  ['utf16le', ['e9', '00', '3dd8', '00de', '41', '0042', '00']],
  ['utf16le', ['4100', '3dd8', '4200', '43']],
  ['utf16le', ['4100', '3dd8']],
  ['ucs2', ['4100']],
  ['base64', ['41', '42', '43', '4142', '4344', '45']],
  ['base64', ['fbff', 'bf']],
  ['base64url', ['41', 'fb', 'ff', 'bf', '41']],
  ['hex', ['c3', 'a9ff']],
  ['latin1', ['c3', 'a980ff']],
  ['binary', ['e9']],
  ['ascii', ['c3', '4180ff']],
];

const run = () => {
  if (!cases.length) {
    return;
  }
  const [encoding, groups] = cases.shift();
  const side = new Side(`${encoding} ${groups.join(' ')}`);
  let client;
  let total = 0;
  const server = net.createServer((socket) => {
    server.close();
    socket.resume();
    // The next group goes when the one before was read.
    const next = () => {
      if (!groups.length) {
        socket.end();
        return;
      }
      const group = Buffer.from(groups.shift(), 'hex');
      total += group.length;
      socket.write(group);
      until(() => client.bytesRead === total, next);
    };
    next();
  });
  server.on('close', run);
  listenLocally(server, (port) => {
    client = net.connect(port, '127.0.0.1');
    side.note('set', client.setEncoding(encoding) === client, client.readableEncoding);
    side.watch(client, 'data', 'end', 'close');
  });
};

run();
