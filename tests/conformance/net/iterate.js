// A loop over a socket brings all that arrives; how it is left decides what becomes of the socket.
'use strict';

const net = require('node:net');
const { Side, listenLocally, resettingPeer } = require('./_sides');

const EVENTS = ['end', 'finish', 'error', 'close'];

const serve = (act, options, name, loop) => new Promise((resolve) => {
  const side = new Side(name);
  const looping = new Side(`${name}, loop`);
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    server.close();
    socket.on('error', () => {});
    act(socket);
  });
  server.on('close', resolve);
  listenLocally(server, (port) => {
    const client = net.connect({ port, host: '127.0.0.1', ...options });
    side.watch(client, ...EVENTS);
    client.on('ready', () => loop(client, looping));
  });
});

// The peer says each word only after an acknowledgement.
const words = (...list) => (socket) => {
  socket.write(list.shift());
  socket.on('data', () => {
    if (list.length) {
      socket.write(list.shift());
    } else {
      socket.end();
    }
  });
  socket.on('end', () => socket.end());
};

const state = (side, label, socket) => {
  side.note(label, socket.destroyed, socket.readyState, socket.readableEnded,
            socket.readableFlowing);
};

const main = async () => {
  await serve(words('one', 'two', 'three'), {}, 'whole', async (client, side) => {
    for await (const chunk of client) {
      side.note('chunk', chunk);
      client.write('k');
    }
    side.note('over');
  });
  await serve(words('one', 'two'), {}, 'text', async (client, side) => {
    client.setEncoding('utf8');
    for await (const chunk of client) {
      side.note('chunk', chunk);
      client.write('k');
    }
    side.note('over');
  });
  await serve(words('one', 'two', 'three'), {}, 'break', async (client, side) => {
    for await (const chunk of client) {
      side.note('chunk', chunk);
      break;
    }
    state(side, 'left', client);
  });
  await serve(words('one', 'two'), {}, 'throw', async (client, side) => {
    try {
      for await (const chunk of client) {
        side.note('chunk', chunk);
        throw new Error('in the loop');
      }
    } catch (err) {
      side.note('caught', err);
    }
    state(side, 'left', client);
  });
  await serve(words('one', 'two'), {}, 'destroyed with error', async (client, side) => {
    try {
      for await (const chunk of client) {
        side.note('chunk', chunk);
        client.destroy(new Error('destroyed'));
      }
    } catch (err) {
      side.note('caught', err);
    }
    state(side, 'left', client);
  });
  await serve(words('one', 'two'), {}, 'destroyed', async (client, side) => {
    try {
      for await (const chunk of client) {
        side.note('chunk', chunk);
        client.destroy();
      }
      side.note('over');
    } catch (err) {
      side.note('caught', err);
    }
    state(side, 'left', client);
  });
  const open = { allowHalfOpen: true };
  await serve(words('one'), open, 'half-open', async (client, side) => {
    for await (const chunk of client) {
      side.note('chunk', chunk);
      client.write('k');
    }
    state(side, 'over', client);
    client.end('after the loop', () => side.note('ended'));
  });
  await new Promise((resolve) => {
    resettingPeer((port) => {
      const events = new Side('reset');
      const side = new Side('reset, loop');
      const client = net.connect(port, '127.0.0.1');
      events.watch(client, ...EVENTS);
      client.on('close', resolve);
      client.on('ready', async () => {
        client.write('x');
        try {
          for await (const chunk of client) {
            side.note('chunk', chunk);
          }
          side.note('over');
        } catch (err) {
          side.note('caught', err);
        }
      });
    });
  });
  const events = new Side('destroyed before');
  const side = new Side('destroyed before, loop');
  const client = new net.Socket();
  events.watch(client, ...EVENTS);
  client.destroy();
  try {
    for await (const chunk of client) {
      side.note('chunk', chunk);
    }
    side.note('over');
  } catch (err) {
    side.note('caught', err);
  }
};

main();
