// The recipe for a port in use, as written in Node's documentation: close, wait, listen again.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { listenLocally } = require('./_sides');

const holder = net.createServer();
listenLocally(holder, (port) => {
  let tries = 0;
  const server = net.createServer();
  server.on('listening', () => {
    trace('listening', server.address());
    server.close();
  });
  server.on('close', () => trace('close', tries));
  server.on('error', (e) => {
    tries += 1;
    trace('error', e);
    if (e.code === 'EADDRINUSE') {
      setTimeout(() => {
        if (tries === 2) {
          holder.close();
        }
        server.close();
        server.listen(port, '127.0.0.1');
      }, 20);
    }
  });
  server.listen(port, '127.0.0.1');
});
