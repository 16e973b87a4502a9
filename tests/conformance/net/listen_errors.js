// What keeps a server from listening comes as 'error', with the place in it; listen() never throws.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { trace } = require('../conformance_trace');
const { freshDirectory, listenLocally } = require('./_sides');

const directory = freshDirectory();
const long = 'x'.repeat(150);
const shown = (text) => text.split(directory).join('<dir>').replace(long, '<long>');
fs.writeFileSync(path.join(directory, 'file'), '');

const attempts = (port) => [
  ['TCP port in use', [port, '127.0.0.1']],
  ['in use, from any address', [port]],
  ['Unix path in use', [path.join(directory, 'used')]],
  ['a plain file', [path.join(directory, 'file')]],
  ['a directory', [directory]],
  ['no such directory', [path.join(directory, 'missing', 'socket')]],
  ['below a file', [path.join(directory, 'file', 'socket')]],
  ['too long a path', [path.join(directory, long)]],
  ['no such name', [0, 'no-such-host.invalid']],
  ['no address of ours', [0, '192.0.2.1']],
  ['no address of ours, options', [{ port: 8, host: '192.0.2.1' }]],
];

const used = net.createServer();
const usedPath = net.createServer();

const run = (left) => {
  if (!left.length) {
    used.close();
    usedPath.close();
    return;
  }
  const [[label, args], ...rest] = left;
  const server = net.createServer();
  let returned = false;
  server.on('listening', () => {
    trace(label, 'listens');
    server.close(() => run(rest));
  });
  server.on('close', () => trace(label, 'close'));
  server.on('error', (err) => {
    trace(label, returned, server.listening, shown(String(server.address())));
    trace(label, shown(err.message), err.code, err.syscall, shown(String(err.address ?? 'none')),
          err.port ?? null, err.hostname ?? null);
    run(rest);
  });
  trace(label, server.listen(...args, () => trace('never called')) === server);
  returned = true;
};

listenLocally(used, (port) => {
  usedPath.listen(path.join(directory, 'used'), () => run(attempts(port)));
});
