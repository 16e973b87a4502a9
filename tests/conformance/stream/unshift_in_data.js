// What a 'data' listener puts back comes again before what followed it.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const main = async () => {
  const side = new Side('client');
  const [client, peer] = await pair();
  let header = true;
  client.on('data', (data) => {
    side.note('data', data, client.readableLength);
    if (header && data.includes('\n')) {
      header = false;
      client.pause();
      const at = data.indexOf('\n') + 1;
      side.note('unshift', client.unshift(data.subarray(at)), client.readableLength);
    }
  });
  client.on('end', () => side.note('end'));
  await feed(peer, 'first ', 'line\nsecond', ' third');
  side.note('waits', client.readableLength, client.readableFlowing);
  side.note('one more', client.unshift('zero '), client.readableLength);
  side.note('of bytes', client.unshift(Buffer.from('bytes ')), client.readableLength);
  client.resume();
  await settled();
  side.note('flows', client.readableFlowing, client.unshift('in flow'), client.readableLength);
  await settled();
  side.note('then', client.readableLength);
  await feed(peer, 'x');
  peer.end();
  await settled();
  await over(client, peer);
};

main();
