// At the end 'readable' comes once more; what is left is given whatever was asked, then 'end'.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const begin = async (name) => {
  const side = new Side(name);
  const [client, peer] = await pair();
  side.watch(client, 'end', 'close');
  const state = (label, ...args) => {
    side.note(label, ...args, client.readableLength, client.readable, client.readableEnded);
  };
  return { side, client, peer, state };
};

const main = async () => {
  let { client, peer, state } = await begin('nothing');
  client.on('readable', () => state('readable', client.read()));
  peer.end();
  await settled();
  state('over');
  await over(client, peer);

  ({ client, peer, state } = await begin('read in the listener'));
  client.on('readable', () => state('readable', client.read(4)));
  await feed(peer, 'abc');
  peer.end('de');
  await settled();
  state('over');
  await over(client, peer);

  ({ client, peer, state } = await begin('read later'));
  client.on('readable', () => state('readable'));
  await feed(peer, 'abc');
  peer.end();
  await settled();
  state('ended');
  state('more than there is', client.read(10));
  state('after it');
  await settled();
  state('over', client.read());
  await over(client, peer);

  ({ client, peer, state } = await begin('exactly all'));
  client.on('readable', () => state('readable'));
  peer.end('abc');
  await settled();
  state('two', client.read(2));
  state('one', client.read(1));
  await settled();
  state('none', client.read(1));
  await settled();
  state('over');
  await over(client, peer);

  ({ client, peer, state } = await begin('read(0)'));
  client.on('readable', () => state('readable', client.read(0)));
  peer.end();
  await settled();
  state('over');
  await over(client, peer);
};

main();
