// bufferSize and the counters, before the connection, during writes, and after it.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const side = new Side('client');
const server = net.createServer((socket) => socket.resume());

listenLocally(server, (port) => {
  const client = new net.Socket();
  const note = (label) => side.note(label, client.bufferSize ?? null, client.writableLength,
                                    client.bytesWritten, client.bytesRead, client.pending,
                                    client.writableNeedDrain);
  note('new');
  client.connect(port, '127.0.0.1', () => {
    note('connect');
    client.write('more');
    note('written');
    client.cork();
    client.write('corked');
    client.write(Buffer.from('corked too'));
    note('corked');
    client.uncork();
    note('uncorked');
    client.end('!', () => note('finished'));
  });
  note('connecting');
  client.write('héllo');
  note('early');
  client.write('wörld', 'latin1');
  note('early');
  client.write(Buffer.alloc(70000), () => note('flushed'));
  note('much');
  client.resume();
  client.on('close', () => {
    note('closed');
    server.close();
  });
});
