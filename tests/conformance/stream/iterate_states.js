// A loop over a socket that is ended, ending, destroyed, failed or being read in another way.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const states = {
  'ended': async (client, peer) => {
    client.resume();
    peer.end('abc');
    await settled();
  },
  'ending': async (client, peer) => {
    peer.end('abc');
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
  'with data and destroyed': async (client, peer) => {
    await feed(peer, 'abc');
    client.destroy();
  },
  'paused': async (client, peer) => {
    client.pause();
    peer.end('abc');
    await settled();
  },
  'encoded': async (client, peer) => {
    client.setEncoding('hex');
    await feed(peer, 'abc');
    peer.end();
  },
};

const main = async () => {
  for (const [name, enter] of Object.entries(states)) {
    const side = new Side(name);
    const [client, peer] = await pair({ allowHalfOpen: true });
    client.on('error', () => {});
    peer.on('error', () => {});
    new Side(`${name}, events`).watch(client, 'end', 'error', 'close');
    await enter(client, peer);
    try {
      for await (const chunk of client) {
        side.note('chunk', chunk);
      }
      side.note('over');
    } catch (err) {
      side.note('caught', err);
    }
    side.note('then', client.destroyed, client.readableEnded, client.readableAborted);
    await settled();
    side.note('later', client.destroyed);
    await over(client, peer);
  }
};

main();
