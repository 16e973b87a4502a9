// close() after a failed listen(): there is nothing to close, but 'close' comes all the same.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { listenLocally } = require('./_sides');

const used = net.createServer();
listenLocally(used, (port) => {
  const server = net.createServer();
  server.on('listening', () => trace('never'));
  server.on('close', () => trace('close'));
  server.on('error', (err) => {
    trace('error', err, server.listening, server.address());
    server.close((problem) => {
      trace('callback', problem);
      used.close(() => server.listen(port, '127.0.0.1', () => {
        trace('third time', server.address());
        server.close();
      }));
      server.removeAllListeners('listening');
    });
  });
  server.listen(port, '127.0.0.1', () => trace('callback of a listen that failed'));
  // Told to close before it has failed: then it has not listened at all.
  const early = net.createServer();
  early.on('error', (err) => trace('early error', err));
  early.listen(port, '127.0.0.1');
  early.close((problem) => trace('early callback', problem));
});
