// What happens within one turn, between its ticks, and what only after them.
'use strict';

const { Side } = require('../net/_sides');
const { noting, over, pair, settled } = require('./_pair');

const main = async () => {
  let side = new Side('a write after end, a tick later');
  let [client, peer] = await pair();
  side.watch(client, 'finish', 'error', 'close');
  client.end('x', noting(side, 'end'));
  process.nextTick(() => side.note('write', client.write('late')));
  await settled();
  await over(client, peer);

  side = new Side('finish, and ticks of ticks');
  [client, peer] = await pair();
  side.watch(client, 'finish');
  client.end();
  const tick = (left) => {
    if (left) {
      process.nextTick(tick, left - 1);
    } else {
      side.note('five ticks later');
    }
  };
  tick(5);
  await settled();
  await over(client, peer);

  side = new Side('resumed in pause');
  [client, peer] = await pair();
  client.resume();
  client.on('pause', () => client.resume());
  client.pause();
  side.note('then', client.readableFlowing, client.isPaused());
  await over(client, peer);

  side = new Side('unshift, and data listened to in resume');
  [client, peer] = await pair();
  client.resume();
  client.unshift('kept');
  client.on('resume', () => client.on('data', (chunk) => side.note('data', chunk)));
  await settled();
  await over(client, peer);

  side = new Side('push before readable');
  [client, peer] = await pair();
  client.push('abcd');
  client.on('readable', () => side.note('readable', client.read(2)));
  await settled();
  side.note('left', client.readableLength);
  await over(client, peer);
};

main();
