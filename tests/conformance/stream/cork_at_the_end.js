// What is corked goes out when the stream ends, whoever ends it.
'use strict';

const { Side } = require('../net/_sides');
const { noting, over, pair, settled } = require('./_pair');

const begin = async (name, options) => {
  const side = new Side(name);
  const [client, peer] = await pair(options);
  new Side(`${name}, peer`).watch(peer, 'data', 'end');
  return { side, client, peer };
};

const main = async () => {
  for (const listens of [false, true]) {
    const { side, client, peer } = await begin(`peer ends, ${listens}`);
    peer.allowHalfOpen = true;
    if (listens) {
      side.watch(client, 'finish', 'close');
    }
    client.on('data', () => {
      client.cork();
      client.write('held', noting(side, 'written'));
    });
    peer.end('x');
    await settled();
    side.note('then', client.writableCorked, client.destroyed);
    await over(client, peer);
  }

  const { side, client, peer } = await begin('corked while ending');
  peer.removeAllListeners('data');
  let came = 0;
  peer.pause();
  client.write(Buffer.alloc(3_000_000), noting(side, 'large'));
  client.end('tail', noting(side, 'end'));
  client.cork();
  client.end();
  side.note('corked', client.writableCorked);
  peer.on('data', (chunk) => { came += chunk.length; });
  peer.resume();
  while (came < 3_000_004) {
    await settled();
  }
  await settled();
  side.note('came', came, client.writableFinished, client.writableCorked);
  await over(client, peer);
};

main();
