// A listener that reads only part of it, late or nothing hears again only of what is new.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const begin = async (name) => {
  const side = new Side(name);
  const [client, peer] = await pair();
  return { side, client, peer };
};

const main = async () => {
  let { side, client, peer } = await begin('listener added later');
  await feed(peer, 'abc');
  side.note('waits', client.readableLength, client.readableFlowing, client.readableDidRead);
  client.on('readable', () => side.note('readable', client.readableLength));
  side.note('added');
  await settled();
  side.note('read', client.read());
  client.on('readable', () => side.note('second', client.readableLength));
  await settled();
  await feed(peer, 'd');
  await over(client, peer);

  ({ side, client, peer } = await begin('one byte at a time'));
  client.on('readable', () => side.note('readable', client.read(1), client.readableLength));
  await feed(peer, 'abc', 'd');
  peer.end();
  client.on('end', () => side.note('end'));
  await settled();
  side.note('left', client.readableLength, client.readableEnded);
  await over(client, peer);

  ({ side, client, peer } = await begin('until null'));
  client.on('readable', () => {
    for (let chunk = client.read(2); chunk !== null; chunk = client.read(2)) {
      side.note('chunk', chunk);
    }
    side.note('null', client.readableLength);
  });
  client.on('end', () => side.note('end'));
  await feed(peer, 'abc', 'defg');
  peer.end('hi');
  await settled();
  await over(client, peer);

  ({ side, client, peer } = await begin('without a listener'));
  side.note('first', client.read());
  await feed(peer, 'abc');
  side.note('second', client.read(), client.readableFlowing);
  await feed(peer, 'd', 'e');
  side.note('third', client.read(), client.readableDidRead);
  peer.end();
  client.on('end', () => side.note('end'));
  await settled();
  side.note('fourth', client.read());
  await settled();
  await over(client, peer);

  ({ side, client, peer } = await begin('once'));
  client.once('readable', () => side.note('readable', client.read()));
  await feed(peer, 'abc');
  side.note('flowing', client.readableFlowing, client.isPaused());
  await feed(peer, 'd');
  client.once('readable', () => side.note('again', client.read()));
  await settled();
  await over(client, peer);
};

main();
