// onread: data goes into one buffer and a callback, in place of 'data'.
'use strict';

const net = require('node:net');
const { Side, listenLocally } = require('./_sides');

const EVENTS = ['connect', 'ready', 'pause', 'resume', 'end', 'finish',
                'error', 'close'];
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.end('hello world');
});

listenLocally(server, (port) => {
  const run = (name, onread, then, use = () => {}) => {
    const side = new Side(name);
    const client = net.connect({ port, host: '127.0.0.1', onread: onread(side, () => client) });
    side.watch(client, ...EVENTS);
    const note = () => side.note('state', client.bytesRead, client.readableLength,
                                 client.isPaused(), client.destroyed);
    client.on('end', note);
    client.on('close', () => {
      note();
      then();
    });
    use(client, side);
  };
  const text = (count, buffer) => Buffer.from(buffer.buffer ?? buffer, buffer.byteOffset, count)
    .toString();
  const whole = (then) => {
    const buffer = Buffer.alloc(4);
    run('one buffer', (side) => ({
      buffer,
      callback: (count, used) => {
        side.note('received', count, text(count, used), used === buffer);
      },
    }), then);
  };
  const generated = (then) => {
    let made = 0;
    run('a function', (side) => ({
      buffer: () => {
        made += 1;
        side.note('made', made);
        return Buffer.alloc(made);
      },
      callback: (count, used) => side.note('received', count, text(count, used), used.length),
    }), then);
  };
  const encoded = (then) => run('with an encoding', (side) => ({
    buffer: new Uint8Array(50),
    callback: (count, used) => side.note('received', count, text(count, used)),
  }), then, (client) => client.setEncoding('utf8'));
  const destroyed = (then) => run('destroyed inside', (side, client) => ({
    buffer: Buffer.alloc(5),
    callback: (count, used) => {
      side.note('received', count, text(count, used));
      client().destroy();
    },
  }), then);
  const empty = (then) => run('no room', (side) => ({
    buffer: Buffer.alloc(0),
    callback: (count) => side.note('received', count),
  }), then);
  const ignored = (then) => run('no callback', () => ({ buffer: Buffer.alloc(5) }), then,
                                (client, side) => client.on('data', (data) => side.note('data', data)));
  whole(() => generated(() => encoded(() => destroyed(() => empty(() => {
    ignored(() => server.close());
  })))));
});
