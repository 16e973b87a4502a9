// A peer in the server's block list is refused without a word: no event, no count.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { Side, listenLocally } = require('./_sides');

const serving = new Side('server');
const blocked = new net.BlockList();
blocked.addSubnet('127.0.0.0', 8);

const server = net.createServer({ blockList: blocked });
serving.watch(server, 'connection', 'error', 'close');
server.on('drop', () => serving.note('drop'));
trace('property', server.blockList === blocked, net.createServer().blockList ?? null);
listenLocally(server, (port) => {
  const refused = net.connect(port, '127.0.0.1');
  new Side('client').watch(refused, 'connect', 'ready', 'data', 'end', 'error', 'close');
  refused.resume();
  refused.on('close', () => {
    server.getConnections((err, count) => serving.note('count', err, count));
    // The limit comes first: it is what tells.
    server.maxConnections = 0;
    const dropped = net.connect(port, '127.0.0.1');
    dropped.resume().on('close', () => {
      server.close();
    });
  });
});
