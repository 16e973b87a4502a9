// A resolver of the caller's that is asked for all addresses: what it may answer, what is tried.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { Side, listenLocally } = require('./_sides');

const EVENTS = ['connectionAttempt', 'connectionAttemptFailed', 'connect', 'ready', 'end',
                'error', 'close'];
const server = net.createServer((socket) => socket.end());
const list = (...addresses) => addresses.map((address) => ({ address, family: net.isIP(address) }));

listenLocally(server, (port) => {
  const cases = [
    ['one', {}, [null, list('127.0.0.1')]],
    ['one, with a local port', { localPort: 0, family: 0 }, [null, list('127.0.0.1')]],
    ['odd family', { family: 7 }, [null, list('127.0.0.1')]],
    ['selecting', { autoSelectFamily: true }, [null, list('127.0.0.1')]],
    ['several', {}, [null, list('127.0.0.9', '127.0.0.9', '127.0.0.8', '::1', '127.0.0.1')]],
    ['first of several', {}, [null, list('127.0.0.1', '127.0.0.9')]],
    ['all refused', {}, [null, list('127.0.0.9', '::1')]],
    ['some bad', {}, [null, [{ address: 'x', family: 4 }, ...list('127.0.0.1'), {}]]],
    ['bad family', {}, [null, [{ address: '127.0.0.1', family: 5 }]]],
    ['bad address', {}, [null, [{ address: 'x', family: 4 }]]],
    ['bad both', {}, [null, [{ address: 5, family: '6' }]]],
    ['an error', {}, [new Error('no such host')]],
  ];
  const next = () => {
    const entry = cases.shift();
    if (!entry) {
      server.close();
      return;
    }
    const [name, options, answer] = entry;
    const side = new Side(name);
    const lookup = (host, asked, callback) => {
      trace(name, host, asked);
      setImmediate(callback, ...answer);
    };
    const client = net.connect({ port, host: 'somewhere', lookup, ...options });
    side.watch(client, ...EVENTS);
    client.on('lookup', (...args) => side.note('lookup', ...args.map((arg) => arg ?? null)));
    client.on('error', (err) => side.note('errors', err.errors ?? null));
    client.resume();
    client.on('close', () => {
      side.note('attempted', client.autoSelectFamilyAttemptedAddresses ?? null);
      next();
    });
  };
  next();
});
