// setEncoding() after data was buffered decodes that, too; names it does not know it refuses.
'use strict';

const net = require('node:net');
const { Side, listenLocally, until } = require('./_sides');

const side = new Side('client');
let accepted;
const server = net.createServer((socket) => {
  server.close();
  accepted = socket;
  socket.resume();
  // The last character is not complete.
  socket.write(Buffer.from('c3a941c3', 'hex'));
});
const attempt = (label, fn) => {
  try {
    side.note(label, fn());
  } catch (err) {
    side.note(label, 'threw', err);
  }
};
listenLocally(server, (port) => {
  const client = net.connect(port, '127.0.0.1');
  side.watch(client, 'end', 'error', 'close');
  side.note('unset', client.readableEncoding);
  until(() => client.bytesRead === 4, () => {
    side.note('buffered', client.readableLength);
    for (const bad of ['utf7', 'x', 'utf-16', 'buffer', 5, true]) {
      attempt('bad', () => client.setEncoding(bad) === client);
    }
    side.note('still', client.readableEncoding, client.readableLength);
    attempt('utf8', () => client.setEncoding('utf8') === client);
    side.note('decoded', client.readableEncoding, client.readableLength);
    client.on('data', (data) => side.note('data', data));
    client.once('data', () => accepted.end(Buffer.from('a9', 'hex')));
  });
});

const names = new Side('names');
for (const name of ['UTF8', 'Utf-8', 'ucs2', 'UCS-2', 'utf16le', 'UTF-16LE', 'latin1', 'binary',
                    'ASCII', 'hex', 'BASE64', 'base64url', '', null]) {
  names.note(String(name ?? 'none'), new net.Socket().setEncoding(name).readableEncoding);
}
names.note('argument', new net.Socket().setEncoding().readableEncoding);
