// Much data by read(n): every piece has n bytes but the last, and nothing is lost.
'use strict';

const { Side } = require('../net/_sides');
const { over, pair } = require('./_pair');

const SIZE = 1_000_000;
const sent = Buffer.alloc(SIZE, Buffer.from(Array.from({ length: 251 }, (_, at) => at)));

const main = async () => {
  for (const size of [999, 65536, 200_000]) {
    const side = new Side(`by ${size}`);
    const [client, peer] = await pair();
    const pieces = [];
    client.on('readable', () => {
      for (let piece = client.read(size); piece !== null; piece = client.read(size)) {
        pieces.push(piece);
      }
    });
    const ended = new Promise((then) => client.on('end', then));
    peer.end(sent);
    await ended;
    side.note('pieces', pieces.length, pieces.at(-1).length);
    side.note('equal', pieces.slice(0, -1).every((piece) => piece.length === size));
    side.note('same', Buffer.concat(pieces).equals(sent), client.bytesRead);
    await over(client, peer);
  }
};

main();
