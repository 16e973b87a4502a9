// pipeline() refuses too few streams and what is no stream.
'use strict';

const { pipeline } = require('node:stream');
const { Side } = require('../net/_sides');
const { over, pair } = require('./_pair');

class Thing {}

const main = async () => {
  const cases = {
    'one': (client, never) => pipeline(client, never),
    'none': (client, never) => pipeline(never),
    'empty list': (client, never) => pipeline([], never),
    'list of one': (client, never) => pipeline([client], never),
    'thing as source': (client, never) => pipeline(new Thing(), client, never),
    'null as source': (client, never) => pipeline(null, client, never),
    'number as source': (client, never) => pipeline(5, client, never),
  };
  for (const [name, act] of Object.entries(cases)) {
    const side = new Side(name);
    const [client, peer] = await pair();
    peer.on('error', () => {});
    client.on('error', () => {});
    try {
      act(client, () => side.note('called'));
    } catch (err) {
      side.note('threw', err.code);
    }
    side.note('then', client.destroyed);
    await over(client, peer);
  }
};

main();
