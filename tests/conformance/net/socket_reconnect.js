// A closed socket connects again: what begins anew, and what stays.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const EVENTS = ['connectionAttempt', 'connect', 'ready', 'data', 'pause', 'resume', 'prefinish',
                'finish', 'end', 'error', 'close'];
const side = new Side('client');
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', (data) => socket.end(data));
});

listenLocally(server, (port) => {
  const client = new net.Socket();
  side.watch(client, ...EVENTS);
  const note = (label) => {
    side.note(label, client.destroyed, client.closed, client.connecting, client.pending,
              client.readyState, client.readable, client.writable, client.errored);
    side.note(label, client.bytesRead, client.bytesWritten, client.readableFlowing,
              client.isPaused(), client.readableEncoding, client.readableEnded,
              client.writableEnded, client.writableFinished, client.timeout ?? null,
              client.remotePort ?? null, client.allowHalfOpen);
  };
  client.setEncoding('latin1').setTimeout(60000).setNoDelay().setTypeOfService(8);
  let rounds = 0;
  const begin = () => {
    note('before');
    client.connect(port, '127.0.0.1', () => {
      note('callback');
      side.note('type of service', client.getTypeOfService());
      client.write('hello');
    });
    note('connecting');
  };
  client.on('data', () => note('in data'));
  client.on('end', () => note('in end'));
  client.on('close', () => {
    note('in close');
    rounds += 1;
    if (rounds < 3) {
      begin();
    } else {
      server.close();
    }
  });
  begin();
});
