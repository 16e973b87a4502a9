// pause(), resume() and isPaused() on a connection: what is paused waits, chunk by chunk.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const main = async () => {
  const side = new Side('client');
  const [client, peer] = await pair();
  const state = (label, ...args) => {
    side.note(label, ...args, client.readableFlowing, client.isPaused(), client.readableLength);
  };
  client.on('pause', () => state('pause event'));
  client.on('resume', () => state('resume event'));
  client.on('end', () => state('end'));
  state('new');
  client.on('data', (data) => state('data', data));
  state('listening');
  client.pause();
  state('paused');
  client.resume();
  client.pause();
  state('paused again');
  await feed(peer, 'a', 'b', 'c');
  state('they wait');
  side.note('read', client.read(2));
  await settled();
  client.resume();
  state('resumed');
  client.pause();
  client.resume();
  client.resume();
  state('still resumed');
  await settled();
  state('flows');
  client.once('data', () => client.pause());
  await feed(peer, 'd', 'e', 'f');
  state('paused by the listener');
  client.once('data', () => {
    client.pause();
    client.resume();
  });
  client.resume();
  await settled();
  state('twice in the listener');
  client.pause();
  peer.end();
  await settled();
  state('no end while paused');
  client.resume();
  await settled();
  state('over');
  await over(client, peer);
};

main();
