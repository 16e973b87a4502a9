// Who listened for 'readable' and no longer does: what the flow is then, and what comes next.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const onReadable = () => {};
const onData = () => {};

const before = {
  'no listener': () => {},
  'readable': (client) => client.on('readable', onReadable),
  'readable, data': (client) => client.on('readable', onReadable).on('data', onData),
  'paused, readable': (client) => client.pause().on('readable', onReadable),
  'resumed, readable': (client) => client.resume().on('readable', onReadable),
};

const removals = {
  'removeListener': (client) => client.removeListener('readable', onReadable),
  'removeAllListeners of it': (client) => client.removeAllListeners('readable'),
};

const after = {
  'nothing': () => {},
  'resume': (client) => client.resume(),
  'pause': (client) => client.pause(),
  'data': (client) => client.on('data', onData),
  'readable again': (client) => client.on('readable', onReadable),
};

const main = async () => {
  for (const [start, begin] of Object.entries(before)) {
    for (const [removal, remove] of Object.entries(removals)) {
      for (const [next, act] of Object.entries(after)) {
        const side = new Side(`${start}; ${removal}; ${next}`);
        const [client, peer] = await pair();
        side.watch(client, 'pause', 'resume');
        const state = (label) => side.note(
          label, client.readableFlowing, client.isPaused(), client.readableLength);
        begin(client);
        await feed(peer, 'abc');
        state('before');
        remove(client);
        act(client);
        state('after');
        await settled();
        state('later');
        await feed(peer, 'def');
        state('last');
        await over(client, peer);
      }
    }
  }
};

main();
