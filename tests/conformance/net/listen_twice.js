// A server that listens or is about to refuses to listen elsewhere; after close() it may.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { attempt, listenLocally } = require('./_sides');

const server = net.createServer();
server.on('error', (err) => trace('error', err));

const afterwards = () => {
  server.listen(0);
  attempt('bound at once', () => server.listen(0, () => trace('never called')) === server);
  server.once('listening', () => {
    trace('listeners left', server.listenerCount('listening'));
    server.close(() => {
      server.on('close', () => trace('last close'));
      listenLocally(server, () => {
        trace('third time', server.listening);
        server.close();
        trace('between', server.listening);
        // 'close' has not come yet.
        server.listen(0, '127.0.0.1', () => {
          trace('fourth time', server.listening);
          server.close();
        });
      });
    });
  });
};

listenLocally(server, () => {
  attempt('again', () => server.listen(0) === server);
  attempt('with a bad port', () => server.listen(-1) === server);
  trace('still', server.listening);
  server.close(afterwards);
});
