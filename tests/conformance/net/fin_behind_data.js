// An end behind data that nobody reads is not noticed; once the data is read, all comes in order.
'use strict';

const net = require('node:net');
const { Side, listenLocally, settle } = require('./_sides');

const EVENTS = ['resume', 'pause', 'end', 'finish', 'error', 'close'];

const run = (name, prepare, go, then) => {
  const side = new Side(name);
  let client;
  const server = net.createServer((socket) => {
    server.close();
    socket.resume();
    socket.end('unread');
    socket.on('finish', () => settle(() => {
      const state = (label) => {
        side.note(label, client.bytesRead, client.readableLength, client.readable,
                  client.readyState, client.destroyed, client.readableFlowing);
      };
      state('settled');
      go(client, side);
      state('going');
      client.on('end', () => state('ended'));
    }));
  });
  server.on('close', then);
  listenLocally(server, (port) => {
    client = net.connect(port, '127.0.0.1');
    side.watch(client, ...EVENTS);
    prepare(client, side);
  });
};

const listen = (client, side) => client.on('data', (data) => side.note('data', data));

run('nobody listens', () => {}, listen, () => {
  run('paused', (client) => client.pause(), (client, side) => {
    listen(client, side);
    client.resume();
  }, () => {
    run('listener, paused', (client, side) => {
      listen(client, side);
      client.pause();
    }, (client) => client.resume(), () => {
      run('thrown away', () => {}, (client) => client.resume(), () => {
        run('destroyed', () => {}, (client) => client.destroy(), () => {});
      });
    });
  });
});
