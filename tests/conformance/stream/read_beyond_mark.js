// Asking for more than the high-water mark raises the mark, so that it can come.
'use strict';

const { Side, until } = require('../net/_sides');
const { over, pair, settled } = require('./_pair');

const SIZE = 150_000;

const main = async () => {
  const side = new Side('client');
  const [client, peer] = await pair();
  const got = [];
  client.on('readable', () => {
    const chunk = client.read(SIZE);
    if (chunk) {
      got.push(chunk.length);
    }
  });
  side.note('mark', client.readableHighWaterMark);
  side.note('asked', client.read(SIZE), client.readableHighWaterMark);
  peer.write(Buffer.alloc(SIZE - 1));
  await new Promise((then) => until(() => client.bytesRead === SIZE - 1, then));
  await settled();
  side.note('one less', got.length, client.readableLength);
  peer.write('x');
  await settled();
  side.note('all', ...got, client.readableLength);
  await over(client, peer);
};

main();
