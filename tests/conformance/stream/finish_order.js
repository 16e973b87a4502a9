// Write callbacks, 'drain', 'prefinish', the callbacks of end(), 'finish', 'end', 'close'.
'use strict';

const { Side } = require('../net/_sides');
const { noting, over, pair, settled } = require('./_pair');

const EVENTS = ['drain', 'prefinish', 'finish', 'end', 'close', 'error'];

const main = async () => {
  for (const options of [{ allowHalfOpen: false }, { allowHalfOpen: true }]) {
    const side = new Side(`half open ${options.allowHalfOpen}`);
    const [client, peer] = await pair(options);
    peer.resume();
    client.resume();
    const state = (label) => side.note(
      label, client.writable, client.writableEnded, client.writableFinished, client.writableLength,
      client.writableCorked, client.closed, client.destroyed);
    for (const event of EVENTS) {
      client.on(event, () => state(event));
    }
    state('new');
    client.cork();
    client.write(Buffer.alloc(65536), noting(side, 'first'));
    client.write('second', noting(side, 'second'));
    state('written');
    client.end('third', noting(side, 'end'));
    client.end(noting(side, 'another end'));
    state('ended');
    await settled();
    state('quiet');
    client.end(noting(side, 'late end'));
    await settled();
    peer.end();
    await settled();
    state('over');
    await over(client, peer);
  }
};

main();
