// A string is sent in the encoding that is named with it.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const side = new Side('server');
const writes = [
  ['é✓', undefined], ['é✓😀', 'utf8'], ['é', 'utf-8'], ['é', 'UTF8'],
  ['é✓😀', 'utf16le'], ['é', 'ucs2'], ['é', 'UCS-2'], ['é', 'utf-16le'],
  ['éÿ✓', 'latin1'], ['éÿ', 'binary'], ['éa✓', 'ascii'],
  ['c3a9', 'hex'], ['C3A', 'hex'], ['c3zz41', 'hex'],
  ['w6k=', 'base64'], ['w6k', 'base64'], ['w 6\nk', 'base64'], ['-_+/', 'base64'],
  ['w6k', 'base64url'], ['-_8', 'base64url'],
];

// Each write waits until the one before has arrived.
const server = net.createServer((socket) => {
  socket.on('data', (data) => {
    side.note('data', data);
    socket.write('k');
  });
  socket.on('end', () => server.close());
});
listenLocally(server, (port) => {
  const client = net.connect(port, '127.0.0.1');
  let total = 0;
  const next = () => {
    if (!writes.length) {
      client.removeAllListeners('data');
      client.end('ZW5k', 'base64');
      return;
    }
    const [text, encoding] = writes.shift();
    side.note('writing', text, encoding ?? 'default');
    client.write(text, encoding);
    side.note('bytes', client.bytesWritten - total);
    total = client.bytesWritten;
  };
  client.on('data', next);
  next();
});
