// push() by the user stands behind what has come; push(null) is the end.
'use strict';

const { Side } = require('../net/_sides');
const { attempt, feed, over, pair, settled } = require('./_pair');

const main = async () => {
  let side = new Side('paused');
  let [client, peer] = await pair();
  side.watch(client, 'readable', 'end', 'error', 'close');
  await feed(peer, 'abc');
  side.note('text', client.push('def'), client.readableLength);
  side.note('bytes', client.push(Buffer.from('gh')), client.readableLength);
  side.note('hex', client.push('6162', 'hex'), client.readableLength);
  side.note('empty', client.push(''), client.readableLength);
  side.note('much', client.push(Buffer.alloc(65536)), client.readableLength);
  await settled();
  side.note('read', client.read(10));
  attempt(side, 'number', () => client.push(5));
  await settled();
  side.note('destroyed', client.destroyed);
  await over(client, peer);

  side = new Side('flowing');
  [client, peer] = await pair();
  side.watch(client, 'data', 'end', 'error', 'close');
  side.note('text', client.push('def'), client.readableLength);
  await settled();
  side.note('bytes', client.push(Buffer.from('gh')), client.readableLength, client.bytesRead);
  await feed(peer, 'abc');
  side.note('end', client.push(null), client.readableEnded);
  side.note('after it', client.push('x'), client.destroyed);
  await settled();
  await over(client, peer);

  side = new Side('null only');
  [client, peer] = await pair();
  side.watch(client, 'data', 'end', 'finish', 'error', 'close');
  side.note('end', client.push(null), client.readableEnded);
  await settled();
  side.note('over', client.readableEnded, client.destroyed);
  await over(client, peer);

  side = new Side('text');
  [client, peer] = await pair();
  client.setEncoding('hex');
  side.watch(client, 'data', 'error');
  side.note('text', client.push('abc'));
  side.note('bytes', client.push(Buffer.from('gh')));
  await settled();
  await over(client, peer);

  side = new Side('destroyed');
  [client, peer] = await pair();
  side.watch(client, 'data', 'error', 'close');
  client.destroy();
  side.note('text', client.push('abc'), client.readableLength);
  await settled();
  await over(client, peer);
};

main();
