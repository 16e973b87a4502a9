// What a socket emits that connects to a Unix path, to one where nobody is, to what is no socket.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { trace } = require('../conformance_trace');
const { Side, freshDirectory } = require('./_sides');

const EVENTS = ['lookup', 'connect', 'ready', 'data', 'end', 'finish', 'close'];
const directory = freshDirectory();
const file = path.join(directory, 'served');
const long = 'y'.repeat(150);
const shown = (text) => text.split(directory).join('<dir>').replace(long, '<long>');
fs.writeFileSync(path.join(directory, 'plain'), '');

const connect = (name, args, then) => {
  const side = new Side(name);
  const client = net.connect(...args);
  side.watch(client, ...EVENTS);
  client.on('connectionAttempt', (where, ...rest) => {
    side.note('connectionAttempt', shown(where), rest.length);
  });
  client.on('error', (err) => {
    side.note('error', shown(err.message), err.code, err.syscall, shown(err.address ?? ''),
              err.port ?? null);
  });
  client.on('close', then);
  side.note('state', client.connecting, client.readyState);
};

const server = net.createServer((socket) => socket.end('welcome'));
server.listen(file, () => {
  connect('served', [file], () => {
    connect('options', [{ path: file, port: 1, host: '192.0.2.1' }], () => {
      connect('missing', [path.join(directory, 'missing')], () => {
        connect('missing in options', [{ path: path.join(directory, 'missing') }], () => {
          connect('directory', [directory], () => {
            connect('plain file', [path.join(directory, 'plain')], () => {
              connect('long', [path.join(directory, long)], () => {
                trace('done');
                server.close();
              });
            });
          });
        });
      });
    });
  });
});
