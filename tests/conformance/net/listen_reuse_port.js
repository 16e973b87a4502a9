// With reusePort several servers listen on one port, if all of them say so; exclusive changes nothing.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { listenLocally } = require('./_sides');

const host = '127.0.0.1';
const servers = [];
const start = (label, options, then) => {
  const server = net.createServer();
  servers.push(server);
  server.on('error', (err) => {
    trace(label, err, server.listening);
    then();
  });
  server.listen(options, () => {
    trace(label, server.address());
    then(server.address().port);
  });
};

const probe = net.createServer();
listenLocally(probe, (port) => {
  probe.close(() => {
    start('first', { port, host, reusePort: true }, () => {
      start('second', { port, host, reusePort: true, exclusive: true }, () => {
        start('without', { port, host }, () => {
          start('not quite true', { port, host, reusePort: 1 }, () => {
            for (const server of servers) {
              server.close();
            }
          });
        });
      });
    });
  });
});
