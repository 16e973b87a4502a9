// read() of nothing, of fractions, of text, of less than nothing and of far too much.
'use strict';

const { Side } = require('../net/_sides');
const { attempt, feed, over, pair, settled } = require('./_pair');

const sizes = [0, -1, 2.7, '2', 'two', null, NaN, 1073741824, 1073741825];

const main = async () => {
  for (const size of sizes) {
    const side = new Side(`read(${size})`);
    const [client, peer] = await pair();
    client.on('readable', () => side.note('readable'));
    attempt(side, 'empty', () => client.read(size));
    await feed(peer, 'abcd', 'ef');
    attempt(side, 'full', () => client.read(size));
    side.note('left', client.readableLength, client.readableDidRead);
    await settled();
    side.note('rest', client.read());
    await over(client, peer);
  }
};

main();
