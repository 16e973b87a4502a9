// finished() without a callback waits for the end, and raises what the socket fails with.
'use strict';

const { finished } = require('node:stream/promises');
const { Side } = require('../net/_sides');
const { over, pair, settled } = require('./_pair');

const wait = async (side, socket, options) => {
  try {
    side.note('finished', (await finished(socket, options)) ?? null);
  } catch (err) {
    side.note('failed', err);
  }
};

const acts = {
  'ends': (client, peer) => {
    client.resume();
    peer.end();
  },
  'destroyed': (client) => client.destroy(),
  'destroyed with an error': (client) => client.destroy(new Error('no more')),
};

const main = async () => {
  for (const [name, act] of Object.entries(acts)) {
    const side = new Side(name);
    const [client, peer] = await pair();
    client.on('error', () => {});
    const waiting = wait(side, client);
    await settled();
    side.note('act');
    act(client, peer);
    await waiting;
    await settled();
    await wait(side, client);
    await over(client, peer);
  }
  let side = new Side('writable half');
  let [client, peer] = await pair({ allowHalfOpen: true });
  client.end();
  await wait(side, client, { readable: false });
  side.note('then', client.destroyed);
  await over(client, peer);

  side = new Side('signal');
  [client, peer] = await pair();
  const controller = new AbortController();
  const waiting = wait(side, client, { signal: controller.signal });
  await settled();
  controller.abort();
  await waiting;
  await wait(side, client, { signal: controller.signal });
  side.note('then', client.destroyed);
  await over(client, peer);
};

main();
