// After destroy() nothing that was buffered is delivered any more, neither data nor the end.
'use strict';

const { finished } = require('node:stream');
const { Side } = require('../net/_sides');
const { feed, noting, over, pair, settled } = require('./_pair');

const main = async () => {
  let side = new Side('read');
  let [client, peer] = await pair({ allowHalfOpen: true });
  side.watch(client, 'data', 'end', 'close');
  client.pause();
  peer.end('x');
  await settled();
  finished(client, { writable: false }, noting(side, 'finished'));
  client.destroy();
  side.note('read', client.read());
  await settled();
  side.note('over', client.readableEnded, client.readableLength);
  await over(client, peer);

  side = new Side('a listener');
  [client, peer] = await pair({ allowHalfOpen: true });
  await feed(peer, 'x');
  side.watch(client, 'close');
  client.destroy();
  client.on('data', (chunk) => side.note('data', chunk));
  await settled();
  side.note('over', client.readableLength);
  await over(client, peer);

  side = new Side('push(null), nobody reads');
  [client, peer] = await pair();
  side.watch(client, 'end', 'close');
  side.note('push', client.push(null));
  await settled();
  side.note('then', client.readableEnded, client.destroyed);
  await over(client, peer);
};

main();
