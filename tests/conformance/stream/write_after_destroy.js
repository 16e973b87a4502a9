// write() and end() after destroy(): the callback gets an error, 'error' is not emitted for it.
'use strict';

const { Side } = require('../net/_sides');
const { noting, over, pair, settled } = require('./_pair');

const steps = {
  'write': (socket, note) => socket.write('late', note),
  'end': (socket, note) => socket.end(note) === socket,
  'end with a chunk': (socket, note) => socket.end('late', note) === socket,
  'cork and write': (socket, note) => {
    socket.cork();
    const taken = socket.write('late', note);
    socket.uncork();
    return taken;
  },
};

const main = async () => {
  for (const [name, step] of Object.entries(steps)) {
    for (const error of [null, new Error('no more')]) {
      const side = new Side(`${name}, ${error ? 'error' : 'no error'}`);
      const [client, peer] = await pair();
      peer.on('error', () => {});
      side.watch(client, 'prefinish', 'finish', 'error', 'close');
      client.destroy(error ?? undefined);
      side.note('step', step(client, noting(side, 'callback')));
      side.note('then', client.errored, client.writableLength);
      await settled();
      side.note('late step', step(client, noting(side, 'late callback')));
      await settled();
      side.note('quiet', client.errored, client.writableEnded, client.writableFinished);
      await over(client, peer);
    }
  }
};

main();
