// Before 'end' one can still put something back, after it this is an error.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const main = async () => {
  let side = new Side('before end');
  let [client, peer] = await pair({ allowHalfOpen: true });
  side.watch(client, 'end', 'error', 'close');
  await feed(peer, 'abc');
  peer.end();
  await settled();
  side.note('read', client.read());
  side.note('unshift', client.unshift('bc'), client.readableLength);
  await settled();
  side.note('not ended', client.readableEnded);
  side.note('rest', client.read(), client.read());
  await settled();
  side.note('ended', client.readableEnded);
  await over(client, peer);

  side = new Side('after end');
  [client, peer] = await pair({ allowHalfOpen: true });
  side.watch(client, 'data', 'end', 'error', 'close');
  await feed(peer, 'abc');
  peer.end();
  await settled();
  side.note('ended', client.readableEnded);
  side.note('unshift', client.unshift('bc'), client.readableLength, client.destroyed);
  side.note('empty', client.unshift(''));
  await settled();
  await over(client, peer);

  side = new Side('in end');
  [client, peer] = await pair({ allowHalfOpen: true });
  side.watch(client, 'data', 'error', 'close');
  client.on('end', () => side.note('end', client.unshift('bc')));
  peer.end('a');
  await settled();
  await over(client, peer);

  side = new Side('destroyed');
  [client, peer] = await pair();
  side.watch(client, 'data', 'error', 'close');
  client.destroy();
  side.note('unshift', client.unshift('bc'), client.readableLength);
  await settled();
  side.note('late', client.unshift('bc'), client.readableLength, client.read());
  await over(client, peer);
};

main();
