// A NUL inside a path or a host name ends nothing: it is refused, and no file is made or found.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { trace } = require('../conformance_trace');
const { attempt, freshDirectory } = require('./_sides');

const directory = freshDirectory();
const file = path.join(directory, 'name\0more');
const told = (err) => [err.code, err.syscall ?? null];
const files = () => fs.readdirSync(directory);

for (const host of ['a\0b', '\0', '127.0.0.1\0']) {
  attempt('host', () => net.createServer().listen(0, host));
}

const server = net.createServer();
server.on('close', () => trace('close'));
server.on('error', (err) => {
  trace('error', ...told(err), server.listening, files());
  server.removeAllListeners('error');
  // The file that the path would name if the NUL ended it.
  server.listen(path.join(directory, 'name'), () => {
    const client = net.connect(file);
    client.on('connect', () => trace('connected'));
    client.on('error', (problem) => trace('client', ...told(problem)));
    client.on('close', () => server.close(() => trace('closed', files())));
  });
});
server.listen(file);
trace('listening', server.listening);
