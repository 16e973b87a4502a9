// The server of Node's net; see __init__.py for the roles and the agreement with the launcher,
// and agreement.py for the figures.
'use strict';

const net = require('node:net');
const { setTimeout: sleep } = require('node:timers/promises');

const [role, upstreamPort] = process.argv.slice(2);
const HOST = '127.0.0.1';
const CHUNK = Buffer.alloc(65536);
const PORTION = 16 * 1024 * 1024;
const PIECE = Buffer.from('sixteen bytes...');
const PIECES = 10;
const BLOCK_MS = 50;

const roles = {
  echo(socket) {
    socket.on('data', (data) => socket.write(data));
  },

  blocked(socket) {
    socket.on('data', async (data) => {
      if (data[0] === 0x21) await sleep(BLOCK_MS); // '!'
      socket.write(data);
    });
  },

  'small-writes'(socket) {
    socket.setNoDelay();
    socket.on('data', () => {
      for (let i = 0; i < PIECES; i++) socket.write(PIECE);
    });
  },

  sink(socket) {
    let count = 0;
    socket.on('data', (data) => {
      count += data.length;
      if (count >= PORTION) {
        count -= PORTION;
        socket.write('.');
      }
    });
  },

  source(socket) {
    let left = 0;
    const writeOn = () => {
      while (left > 0) {
        left -= CHUNK.length;
        if (!socket.write(CHUNK)) break; // 'drain' goes on.
      }
    };
    socket.on('data', () => {
      left = PORTION;
      writeOn();
    });
    socket.on('drain', writeOn);
  },

  proxy(client) {
    const upstream = net.connect(Number(upstreamPort), HOST);
    client.pipe(upstream).pipe(client);
  },
};

const server = net.createServer(roles[role]);

server.listen({ port: 0, host: HOST, backlog: 511 }, () => {
  process.stdout.write(`${server.address().port}\n`);
});

process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
