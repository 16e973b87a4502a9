// A resolver of the caller's that is asked for one address: what it is told, and may answer.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { Side, listenLocally } = require('./_sides');

const EVENTS = ['connectionAttempt', 'connectionAttemptFailed', 'connect', 'ready', 'end',
                'error', 'close'];
const server = net.createServer((socket) => socket.end());
const one = ['127.0.0.1', 4];

listenLocally(server, (port) => {
  const cases = [
    ['family 4', { family: 4 }, [null, ...one]],
    ['family by name', { family: 'IPv6' }, [null, '::ffff:127.0.0.1', 6]],
    ['hints', { family: 4, hints: 5 }, [null, ...one]],
    ['no selecting', { autoSelectFamily: false }, [null, ...one]],
    ['no selecting, family 0', { autoSelectFamily: false, family: 0 }, [null, ...one]],
    ['local address', { localAddress: '127.0.0.5' }, [null, ...one]],
    ['undefined error', { family: 4 }, [undefined, ...one]],
    ['an error', { family: 4 }, [new Error('no such host')]],
    ['no address', { family: 4 }, [null]],
    ['null', { family: 4 }, [null, null, null]],
    ['no IP address', { family: 4 }, [null, 'elsewhere', 4]],
    ['a number', { family: 4 }, [null, 5, 4]],
    ['no family', { family: 4 }, [null, '127.0.0.1']],
    ['family as text', { family: 4 }, [null, '127.0.0.1', '4']],
    ['another family', { family: 4 }, [null, '127.0.0.1', 5]],
    ['IPv4 as IPv6', { family: 6 }, [null, '127.0.0.1', 6]],
    ['IPv6 as IPv4', { family: 4 }, [null, '::1', 4]],
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
    client.on('connect', () => side.note('attempted',
                                         client.autoSelectFamilyAttemptedAddresses ?? null));
    client.resume();
    client.on('close', next);
  };
  next();
});
