// A socket that nobody reads takes in no more than its high-water mark, and then the peer waits.
'use strict';

const { Side, until } = require('../net/_sides');
const { over, pair, settled } = require('./_pair');

const SIZE = 4 * 1024 * 1024;

const enter = {
  'untouched': () => {},
  'paused': (client) => client.pause(),
  'readable listener': (client) => client.on('readable', () => {}),
  'flowing, then paused': (client) => client.once('data', () => client.pause()),
};

const main = async () => {
  for (const [name, act] of Object.entries(enter)) {
    const side = new Side(name);
    const [client, peer] = await pair();
    act(client);
    peer.end(Buffer.alloc(SIZE));
    await new Promise((then) => {
      until(() => client.readableLength >= client.readableHighWaterMark, then);
    });
    await settled();
    const read = client.bytesRead;
    side.note('stopped', client.readableLength < 2 * client.readableHighWaterMark);
    side.note('peer waits', peer.writableLength, peer.writableFinished);
    await settled();
    side.note('nothing more', client.bytesRead === read, client.readableEnded);
    if (client.listenerCount('readable')) {
      client.removeAllListeners('readable');
    }
    client.resume();
    await new Promise((then) => client.once('end', then));
    side.note('all', client.bytesRead, client.readableLength);
    await over(client, peer);
  }
};

main();
