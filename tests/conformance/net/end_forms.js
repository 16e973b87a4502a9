// end(): with data, encoding and callback, twice, before the connection is up and after.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const EVENTS = ['connect', 'ready', 'finish', 'end', 'error', 'close'];

const serve = (then) => {
  const received = [];
  const server = net.createServer((socket) => {
    server.close();
    socket.on('data', (data) => received.push(data));
    socket.on('error', () => {});
  });
  server.once('close', () => then(Buffer.concat(received)));
  return server;
};

const cases = [
  ['nothing', (client) => client.end()],
  ['data', (client) => client.end('data')],
  ['encoding', (client) => client.end('ZGF0YQ==', 'base64')],
  ['bytes and callback', (client, note) => client.end(Buffer.from('data'), note('callback'))],
  ['encoding and callback', (client, note) => client.end('64', 'hex', note('callback'))],
  ['callback', (client, note) => client.end(note('callback'))],
  ['empty', (client, note) => client.end('', note('callback'))],
  ['twice', (client, note) => client.end(note('first')).end(note('second'))],
  ['twice with data', (client, note) => {
    client.end('one', note('first')).end('two', note('second'));
  }],
  ['write, end', (client, note) => {
    client.write('write ', note('write'));
    client.end('end', note('end'));
  }],
  ['end, write', (client, note) => {
    client.end(note('end'));
    note('returned')(client.write('late', note('write')));
  }],
  ['end, write without callback', (client, note) => {
    client.end('in time');
    note('returned')(client.write('late'));
  }],
  ['end, destroy', (client, note) => {
    client.end(note('end'));
    client.destroy();
    client.end(note('after destroy'));
  }],
];

const run = (moment, left, done) => {
  if (!left.length) {
    done();
    return;
  }
  const [[name, act], ...rest] = left;
  const side = new Side(`${moment}, ${name}`);
  const server = serve((received) => {
    side.note('received', received);
    run(moment, rest, done);
  });
  listenLocally(server, (port) => {
    const client = net.connect(port, '127.0.0.1');
    client.resume();
    side.watch(client, ...EVENTS);
    const note = (label) => (...args) => side.note(label, ...args);
    const start = () => {
      act(client, note);
      side.note('state', client.writable, client.writableEnded, client.writableLength);
    };
    if (moment === 'before') {
      start();
      // Some of these never connect; the server then goes with the client.
      client.on('close', () => {
        if (server.listening) {
          server.close();
        }
      });
    } else {
      client.on('ready', start);
    }
  });
};

run('connected', cases, () => {
  run('before', cases.filter(([name]) => name !== 'end, destroy'), () => {});
});
