// What finished() returns takes its listeners off: it never calls back then.
'use strict';

const { finished } = require('node:stream');
const { Side } = require('../net/_sides');
const { noting, over, pair, settled } = require('./_pair');

const main = async () => {
  let side = new Side('before the end');
  let [client, peer] = await pair();
  const before = client.listenerCount('error');
  let cleanup = finished(client, noting(side, 'finished'));
  side.note('listens', client.listenerCount('error') - before);
  side.note('gives', cleanup() ?? null);
  side.note('listens', client.listenerCount('error') - before);
  client.resume();
  client.end();
  peer.end();
  await settled();
  side.note('twice', cleanup() ?? null);
  await over(client, peer);

  side = new Side('after the end');
  [client, peer] = await pair();
  cleanup = finished(client, noting(side, 'finished'));
  client.destroy();
  await settled();
  side.note('still listens', client.listenerCount('error'));
  cleanup();
  side.note('no more', client.listenerCount('error'));
  await over(client, peer);

  side = new Side('option');
  [client, peer] = await pair();
  finished(client, { cleanup: true }, noting(side, 'finished'));
  client.destroy();
  await settled();
  side.note('listens', client.listenerCount('error'));
  await over(client, peer);

  side = new Side('already over');
  [client, peer] = await pair();
  client.destroy();
  await settled();
  cleanup = finished(client, noting(side, 'finished'));
  cleanup();
  await settled();
  side.note('quiet');
  await over(client, peer);
};

main();
