// write() and end() after end(): the error goes to the callback and, for a write, to 'error'.
'use strict';

const { Side } = require('../net/_sides');
const { noting, over, pair, settled } = require('./_pair');

const EVENTS = ['prefinish', 'finish', 'error', 'close'];

const steps = {
  'write': (socket, note) => socket.write('late', note),
  'write without callback': (socket) => socket.write('late'),
  'write of nothing': (socket, note) => socket.write('', note),
  'end': (socket, note) => socket.end(note) === socket,
  'end with a chunk': (socket, note) => socket.end('late', note) === socket,
};

const main = async () => {
  for (const [name, step] of Object.entries(steps)) {
    let side = new Side(`${name}, ending`);
    let [client, peer] = await pair({ allowHalfOpen: true });
    new Side(`${name}, ending, peer`).watch(peer.on('error', () => {}), 'data', 'end', 'close');
    side.watch(client, ...EVENTS);
    client.end('last', noting(side, 'ended'));
    side.note('step', step(client, noting(side, 'callback')));
    side.note('then', client.destroyed, client.errored, client.writableFinished);
    await settled();
    side.note('quiet', client.destroyed, client.errored, client.writableFinished);
    await over(client, peer);

    side = new Side(`${name}, finished`);
    [client, peer] = await pair({ allowHalfOpen: true });
    peer.on('error', () => {});
    side.watch(client, ...EVENTS);
    client.end();
    await settled();
    side.note('step', step(client, noting(side, 'callback')));
    side.note('then', client.destroyed, client.errored, client.writableFinished);
    await settled();
    side.note('quiet', client.destroyed, client.errored, client.writableFinished);
    await over(client, peer);
  }
};

main();
