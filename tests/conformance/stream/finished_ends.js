// finished() calls back once, however a socket comes to its end.
'use strict';

const { finished } = require('node:stream');
const { Side } = require('../net/_sides');
const { noting, over, pair, settled } = require('./_pair');

const ends = {
  'both end': async (client, peer) => {
    client.resume();
    client.end();
    await settled();
    peer.end();
  },
  'peer ends': async (client, peer) => {
    client.resume();
    peer.end('abc');
  },
  'unread': async (client, peer) => {
    client.end();
    peer.end('abc');
  },
  'destroyed': async (client) => client.destroy(),
  'destroyed with an error': async (client) => client.destroy(new Error('no more')),
  'ended, then destroyed': async (client) => {
    client.end();
    await settled();
    client.destroy();
  },
  'read, then destroyed': async (client, peer) => {
    client.resume();
    peer.end();
    await settled();
    client.destroy();
  },
  'write after end': async (client) => {
    client.end();
    client.write('late');
  },
  'only emitted': async (client) => client.emit('error', new Error('just said')),
};

const main = async () => {
  for (const half of [false, true]) {
    for (const [name, act] of Object.entries(ends)) {
      const side = new Side(`${name}, half open ${half}`);
      const [client, peer] = await pair({ allowHalfOpen: half });
      peer.on('error', () => {});
      client.on('close', () => side.note('close'));
      const cleanup = finished(client, noting(side, 'finished'));
      side.note('gives', typeof cleanup === 'function');
      client.on('error', (err) => side.note('error', err));
      await act(client, peer);
      await settled();
      side.note('quiet', client.destroyed, client.readableEnded, client.writableFinished);
      await over(client, peer);
    }
  }
};

main();
