// What waits in the buffer when the encoding is set becomes text as well.
'use strict';

const { Side } = require('../net/_sides');
const { attempt, feed, over, pair, settled } = require('./_pair');

const main = async () => {
  for (const encoding of ['utf8', 'utf16le', 'latin1', 'hex', 'base64']) {
    const side = new Side(encoding);
    const [client, peer] = await pair();
    await feed(peer, Buffer.from('41e2', 'hex'), Buffer.from('9c', 'hex'));
    side.note('bytes', client.readableLength, client.readableEncoding);
    client.setEncoding(encoding);
    side.note('set', client.readableLength, client.readableEncoding);
    await feed(peer, Buffer.from('9342', 'hex'));
    side.note('read', client.read(2), client.readableLength);
    side.note('read', client.read(), client.readableLength);
    client.on('data', (data) => side.note('data', data));
    await feed(peer, 'c');
    peer.end();
    await settled();
    await over(client, peer);
  }
  const side = new Side('changes');
  const [client, peer] = await pair();
  side.note('utf8', client.setEncoding('utf8') === client, client.readableEncoding);
  await feed(peer, 'abc');
  client.setEncoding('hex');
  side.note('hex', client.readableEncoding, client.read());
  await feed(peer, 'abc');
  side.note('read', client.read());
  client.setEncoding();
  side.note('none', client.readableEncoding);
  await feed(peer, 'abc');
  side.note('read', client.read());
  attempt(side, 'unknown', () => client.setEncoding('nonsense'));
  side.note('still', client.readableEncoding);
  await over(client, peer);
};

main();
