// finished() of what is over already calls back all the same, after it has returned.
'use strict';

const { finished } = require('node:stream');
const { Side } = require('../net/_sides');
const { noting, over, pair, settled } = require('./_pair');

const states = {
  'ended': async (client, peer) => {
    client.resume();
    client.end();
    peer.end();
    await settled();
  },
  'destroyed': async (client) => {
    client.destroy();
    await settled();
  },
  'being destroyed': async (client) => client.destroy(),
  'failed': async (client) => {
    client.destroy(new Error('no more'));
    await settled();
  },
  'failing': async (client) => client.destroy(new Error('no more')),
  'read': async (client, peer) => {
    client.resume();
    peer.end();
    await settled();
  },
  'written': async (client) => {
    client.end();
    await settled();
  },
};

const main = async () => {
  for (const [name, enter] of Object.entries(states)) {
    const side = new Side(name);
    const [client, peer] = await pair({ allowHalfOpen: true });
    client.on('error', () => {});
    peer.on('error', () => {});
    await enter(client, peer);
    finished(client, noting(side, 'both'));
    finished(client, { writable: false }, noting(side, 'readable'));
    finished(client, { readable: false }, noting(side, 'writable'));
    side.note('returned');
    await settled();
    side.note('quiet');
    await over(client, peer);
  }
};

main();
