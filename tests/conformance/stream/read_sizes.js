// read(n) gives n bytes or null; 'readable' tells when there is something new to read.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const main = async () => {
  const side = new Side('client');
  const [client, peer] = await pair();
  client.on('readable', () => side.note('readable', client.readableLength));
  const read = (...args) => {
    side.note('read', ...args);
    side.note('gave', client.read(...args), client.readableLength);
  };
  side.note('new', client.readableFlowing, client.readableLength);
  read();
  await feed(peer, 'abcdef');
  read(2);
  read(5);
  read(4);
  read(1);
  await feed(peer, 'gh', 'ij', 'kl');
  read(3);
  read();
  read();
  await feed(peer, 'm');
  read(3);
  await feed(peer, 'n');
  await feed(peer, 'op');
  read(3);
  read(1);
  await settled();
  await over(client, peer);
};

main();
