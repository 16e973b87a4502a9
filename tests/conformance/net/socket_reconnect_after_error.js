// After a refusal the same socket tries again, in 'close'; and a second time, refused again.
'use strict';

const net = require('node:net');
const { Side, freePort, listenLocally } = require('./_sides');

const server = net.createServer((socket) => socket.end('hello'));

const retry = (name, port, refused, then) => {
  const side = new Side(name);
  const client = net.connect(refused, '127.0.0.1');
  let retried = false;
  side.watch(client, 'error', 'connect', 'ready', 'data', 'end');
  client.on('close', () => {
    if (!retried) {
      retried = true;
      side.note('before', client.destroyed, client.errored !== null, client.readyState);
      client.connect(port, '127.0.0.1');
      side.note('after', client.destroyed, client.errored !== null, client.readyState,
                client.connecting);
    }
  });
  let closes = 0;
  client.on('close', (hadError) => {
    side.note('close', hadError);
    closes += 1;
    if (closes === 2) {
      side.note('closed', client.destroyed, client.errored);
      then();
    }
  });
};

freePort((refused) => {
  listenLocally(server, (port) => {
    retry('accepted', port, refused, () => {
      retry('refused', refused, refused, () => server.close());
    });
  });
});
