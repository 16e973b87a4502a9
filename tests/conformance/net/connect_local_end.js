// localAddress and localPort: where a connection comes from, and why it cannot.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { Side, freePort, listenLocally } = require('./_sides');

const EVENTS = ['lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connect', 'ready', 'end',
                'error', 'close'];
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.end(socket.remoteAddress);
});

listenLocally(server, (port) => {
  const other = net.createServer();
  listenLocally(other, (used) => freePort((refused) => {
    const cases = [
      ['address', { localAddress: '127.0.0.2' }],
      ['no address', { localAddress: '' }],
      ['no port', { localPort: 0 }],
      ['null', { localAddress: null, localPort: null }],
      ['address for a name', {
        host: 'somewhere', localAddress: '127.0.0.2', lookup: (name, options, answer) => {
          trace('lookup', name, options);
          process.nextTick(answer, null, '127.0.0.1', 4);
        },
      }],
      ['port in use', { localPort: used }],
      ['port in use at an address', { localPort: used, localAddress: '127.0.0.1' }],
      ['port out of range', { localPort: 70000 }],
      ['port with a fraction', { localPort: 45000.5 }],
      ['port that is none', { localPort: NaN }],
      ['port that is none, refused', { port: refused, localPort: NaN, localAddress: '127.0.0.1' }],
      ['endless port', { localPort: Infinity }],
      ['endless port below', { localPort: -Infinity }],
      ['endless port below, refused', { port: refused, localPort: -Infinity }],
      ['huge port', { localPort: 1e30 }],
      ['other family', { localAddress: '::1' }],
      ['other family, mapped', { host: '::1', localAddress: '127.0.0.1' }],
      ['foreign address', { localAddress: '203.0.113.5' }],
      ['foreign address and a port', { localAddress: '203.0.113.5', localPort: used }],
      ['refused', { port: refused, localAddress: '127.0.0.3' }],
      ['several', {
        host: 'somewhere', localPort: used, lookup: (name, options, answer) => {
          process.nextTick(answer, null, [{ address: '127.0.0.1', family: 4 },
                                          { address: '127.0.0.4', family: 4 }]);
        },
      }],
    ];
    const next = () => {
      const entry = cases.shift();
      if (!entry) {
        server.close();
        other.close();
        return;
      }
      const [name, options] = entry;
      const side = new Side(name);
      const client = net.connect({ port, host: '127.0.0.1', ...options });
      side.watch(client, ...EVENTS);
      client.on('data', (data) => side.note('data', String(data)));
      client.on('connect', () => side.note('local', client.localAddress));
      client.on('error', (err) => side.note('errors', err.errors ?? null));
      client.on('close', next);
    };
    next();
  }));
});
