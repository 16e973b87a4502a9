// A descriptor that cannot listen comes as 'error'; what is no descriptor is no place to listen.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const { trace } = require('../conformance_trace');

const file = fs.openSync(__filename);
const cases = {
  'a file': { fd: file },
  'a directory': { fd: fs.openSync('/') },
  'not open': { fd: 9999 },
  'half a number': { fd: 1.5 },
  'a large number': { fd: 2 ** 31 },
  'with a port': { fd: 9999, port: 0 },
  'in a handle': { handle: { fd: 9999 } },
  'negative': { fd: -1 },
  'a string': { fd: '3' },
  'null': { fd: null },
  'null with a port': { fd: null, port: 0 },
  'negative with a port': { fd: -1, port: 0 },
};
const names = Object.keys(cases);

const next = () => {
  if (!names.length) {
    trace('the file is open', fs.fstatSync(file).size > 0);
    return;
  }
  const name = names.shift();
  const server = net.createServer();
  server.on('listening', () => {
    trace(name, 'listens');
    server.close(next);
  });
  server.on('error', (err) => {
    trace(name, err, server.listening, server.address());
    next();
  });
  try {
    trace(name, server.listen(cases[name], 5) === server, server.listening);
  } catch (err) {
    trace(name, 'threw', err.code);
    next();
  }
};

next();
