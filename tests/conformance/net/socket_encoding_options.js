// encoding and defaultEncoding of the constructor: text out of data, and data out of text.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const server = net.createServer((socket) => {
  let text = Buffer.alloc(0);
  socket.on('data', (data) => { text = Buffer.concat([text, data]); });
  socket.on('end', () => {
    new Side('server').note('received', text);
    socket.end(text);
  });
  socket.allowHalfOpen = true;
});

listenLocally(server, (port) => {
  const cases = [
    ['utf8', { encoding: 'utf8' }], ['hex', { encoding: 'hex' }],
    ['base64', { encoding: 'base64' }], ['latin1 out', { defaultEncoding: 'latin1' }],
    ['hex out', { defaultEncoding: 'hex', encoding: 'latin1' }], ['none', {}],
  ];
  const next = () => {
    const entry = cases.shift();
    if (!entry) {
      server.close();
      return;
    }
    const [name, options] = entry;
    const side = new Side(name);
    const client = net.connect({ port, host: '127.0.0.1', ...options });
    let data;
    client.on('data', (chunk) => { data = data === undefined ? chunk : data + chunk; });
    client.on('end', () => side.note('data', data, client.readableEncoding));
    client.on('close', next);
    side.note('early', client.write('ÿ€ab'), client.writableLength);
    client.on('connect', () => {
      client.write('é', 'utf8');
      client.end('ff');
    });
  };
  next();
});
