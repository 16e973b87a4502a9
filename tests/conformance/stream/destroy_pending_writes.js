// Writes that destroy() cuts off: each callback is called once, in order, before 'close'.
'use strict';

const { Side } = require('../net/_sides');
const { noting, over, pair, settled } = require('./_pair');

const SIZE = 4 * 1024 * 1024;

const main = async () => {
  for (const error of [undefined, new Error('no more')]) {
    const kind = error ? 'error' : 'no error';
    let side = new Side(`corked, ${kind}`);
    let [client, peer] = await pair();
    peer.on('error', () => {});
    side.watch(client, 'drain', 'finish', 'error', 'close');
    client.cork();
    client.write('a', noting(side, 'a'));
    client.write('b', noting(side, 'b'));
    client.destroy(error);
    side.note('destroyed', client.writableLength, client.writableCorked);
    client.uncork();
    await settled();
    side.note('over', client.writableLength, client.bytesWritten);
    await over(client, peer);

    side = new Side(`under way, ${kind}`);
    [client, peer] = await pair();
    peer.on('error', () => {});
    peer.pause();
    side.watch(client, 'drain', 'finish', 'error', 'close');
    client.write(Buffer.alloc(SIZE), noting(side, 'large'));
    client.write('b', noting(side, 'b'));
    client.end('c', noting(side, 'end'));
    await settled();
    side.note('waits', client.writableLength);
    client.destroy(error);
    await settled();
    side.note('over', client.writableFinished, client.errored);
    await over(client, peer);

    side = new Side(`written, ${kind}`);
    [client, peer] = await pair();
    peer.on('error', () => {});
    side.watch(client, 'drain', 'finish', 'error', 'close');
    client.write('a', noting(side, 'a'));
    client.write('b', noting(side, 'b'));
    client.destroy(error);
    await settled();
    await over(client, peer);

    side = new Side(`in a callback, ${kind}`);
    [client, peer] = await pair();
    peer.on('error', () => {});
    side.watch(client, 'drain', 'finish', 'error', 'close');
    client.write('a', (err) => {
      side.note('a', err ?? null);
      client.destroy(error);
    });
    client.write('b', noting(side, 'b'));
    client.end(noting(side, 'end'));
    await settled();
    await over(client, peer);
  }
};

main();
