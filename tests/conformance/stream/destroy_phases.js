// destroyed, errored, closed and readableAborted, by the phase of destroy().
'use strict';

const net = require('node:net');
const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const phases = {
  'fresh': async () => {},
  'with data': async (client, peer) => feed(peer, 'abc'),
  'flowing': async (client, peer) => {
    client.resume();
    await feed(peer, 'abc');
  },
  'peer ended, unread': async (client, peer) => {
    peer.end('abc');
    await settled();
  },
  'peer ended, read': async (client, peer) => {
    client.resume();
    peer.end('abc');
    await settled();
  },
  'corked': async (client) => {
    client.cork();
    client.write('abc');
  },
  'ending': async (client) => client.end('abc'),
  'ended': async (client) => {
    client.end('abc');
    await settled();
  },
  'both ended': async (client, peer) => {
    client.resume();
    client.end();
    await settled();
    client.once('end', () => client.destroy());
    peer.end();
  },
};

const main = async () => {
  for (const [phase, enter] of Object.entries(phases)) {
    for (const error of [undefined, new Error('no more')]) {
      const side = new Side(`${phase}, ${error ? 'error' : 'no error'}`);
      const [client, peer] = await pair({ allowHalfOpen: true });
      peer.on('error', () => {});
      peer.resume();
      const state = (label, socket = client) => side.note(
        label, socket.destroyed, socket.errored, socket.closed, socket.readableAborted,
        socket.readable, socket.writable);
      for (const event of ['finish', 'end', 'error', 'close']) {
        client.on(event, () => state(event));
      }
      await enter(client, peer);
      state('before');
      side.note('destroy', client.destroy(error) === client);
      state('destroyed');
      client.destroy(new Error('too late'));
      await settled();
      state('over');
      await over(client, peer);
    }
  }
  const side = new Side('not connected');
  const socket = new net.Socket();
  const state = (label) => side.note(
    label, socket.destroyed, socket.errored, socket.closed, socket.readableAborted);
  socket.on('close', () => state('close'));
  state('new');
  socket.destroy();
  state('destroyed');
  await settled();
};

main();
