// listen({ fd }) takes a descriptor over, as a supervisor passes it; what cannot listen is told.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const { spawn } = require('node:child_process');
const { trace } = require('../conformance_trace');
const { Side, listenLocally } = require('./_sides');

const [, program, passed] = process.argv;

if (passed === undefined) {
  // The parent listens, and passes the socket to a child of the same program.
  const parent = new Side('parent');
  const server = net.createServer(() => parent.note('never called'));
  listenLocally(server, (port) => {
    const child = spawn(process.execPath, [program, '3'], {
      stdio: ['ignore', 'inherit', 'inherit', server._handle.fd],
    });
    server.close(() => parent.note('closed'));
    child.on('exit', (code) => parent.note('child ended', code));
    const client = net.connect(port, '127.0.0.1');
    new Side('client').watch(client, 'data', 'end', 'close');
  });
} else {
  const fd = Number(passed);
  const server = net.createServer((socket) => {
    socket.end('from the child');
    server.close(() => {
      try {
        fs.fstatSync(fd);
        trace('still open');
      } catch (err) {
        trace('descriptor', err.code);
      }
    });
  });
  server.on('listening', () => {
    trace('child listens', server.address().address, server.address().port > 0);
  });
  trace('child', server.listen({ fd }) === server, server.listening);
}
