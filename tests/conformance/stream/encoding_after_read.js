// setEncoding() after a part was read decodes what is left of it, and no more.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const main = async () => {
  for (const encoding of ['utf8', 'hex', 'utf16le', 'base64']) {
    const side = new Side(encoding);
    const [client, peer] = await pair();
    client.pause();
    client.on('readable', () => {});
    await feed(peer, 'abcdefgh', 'ij');
    side.note('part', client.read(3), client.readableLength);
    client.setEncoding(encoding);
    side.note('left', client.readableLength);
    side.note('first', client.read(1), client.readableLength);
    side.note('rest', client.read(), client.readableLength);
    await settled();
    side.note('alive', client.destroyed);
    await over(client, peer);
  }
};

main();
