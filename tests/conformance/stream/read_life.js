// readableLength, readableDidRead, readableAborted, readableEnded and readable through a life.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const begin = async (name) => {
  const side = new Side(name);
  const [client, peer] = await pair();
  client.on('error', () => {});
  peer.on('error', () => {});
  const state = (label) => side.note(
    label, client.readable, client.readableLength, client.readableDidRead, client.readableAborted,
    client.readableEnded, client.readableFlowing, client.readableObjectMode, client.readableEncoding);
  for (const event of ['end', 'error', 'close']) {
    client.on(event, () => state(event));
  }
  state('new');
  return { client, peer, state };
};

const main = async () => {
  let { client, peer, state } = await begin('ended');
  await feed(peer, 'abc');
  state('buffered');
  client.once('data', () => state('data'));
  state('listening');
  await settled();
  state('flowing');
  peer.end();
  await settled();
  state('over');
  await over(client, peer);

  ({ client, peer, state } = await begin('destroyed with data'));
  await feed(peer, 'abc');
  client.destroy();
  state('destroyed');
  await settled();
  state('over');
  await over(client, peer);

  ({ client, peer, state } = await begin('destroyed while flowing'));
  client.resume();
  await feed(peer, 'abc');
  state('dropped');
  client.destroy(new Error('no more'));
  state('destroyed');
  await settled();
  state('over');
  await over(client, peer);

  ({ client, peer, state } = await begin('destroyed in end'));
  client.on('end', () => client.destroy());
  client.resume();
  peer.end();
  await settled();
  state('over');
  await over(client, peer);

  ({ client, peer, state } = await begin('read'));
  client.setEncoding('utf8');
  state('encoded');
  client.read();
  state('in vain');
  await feed(peer, 'abc');
  client.read(1);
  state('a character');
  peer.end();
  await settled();
  state('peer ended');
  client.read();
  state('all');
  await settled();
  state('over');
  await over(client, peer);
};

main();
