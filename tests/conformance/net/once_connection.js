// events.once() waits for events of servers and sockets, or throws the 'error' that comes first.
'use strict';

const { once } = require('node:events');
const net = require('node:net');
const { portLabel, trace } = require('../conformance_trace');
const { freePort } = require('./_sides');

const main = async () => {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  trace('listening', await once(server, 'listening'));
  const { port } = server.address();
  portLabel(port);

  const client = net.connect(port, '127.0.0.1');
  const [socket] = await once(server, 'connection');
  trace('connection', socket instanceof net.Socket, socket.server === server);
  socket.write('hello');
  trace('data', await once(client, 'data'));
  client.end();
  socket.resume();
  trace('close', await once(client, 'close'));
  server.close();
  trace('server close', await once(server, 'close'));

  freePort(async (free) => {
    const refused = net.connect(free, '127.0.0.1');
    try {
      await once(refused, 'connect');
    } catch (err) {
      trace('threw', err);
    }
    trace('listeners left', refused.listenerCount('connect'), refused.listenerCount('error'));

    const homeless = net.createServer();
    homeless.listen(0, 'no-such-host.invalid');
    try {
      await once(homeless, 'listening');
    } catch (err) {
      trace('threw', err);
    }
  });
};

main();
