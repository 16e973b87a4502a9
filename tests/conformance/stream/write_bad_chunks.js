// What is no chunk is refused by write() and end() at once, in every phase.
'use strict';

const { Side } = require('../net/_sides');
const { attempt, noting, over, pair, settled } = require('./_pair');

class Thing {}

const writes = {
  'write(null)': (socket, note) => socket.write(null, note),
  'write(5)': (socket, note) => socket.write(5, note),
  'write(thing)': (socket, note) => socket.write(new Thing(), note),
  'write(true)': (socket, note) => socket.write(true, note),
  'unknown encoding': (socket, note) => socket.write('ab', 'nonsense', note),
  'end(5)': (socket, note) => socket.end(5, note) === socket,
  'end(null)': (socket, note) => socket.end(null, note) === socket,
  'end, unknown encoding': (socket, note) => socket.end('ab', 'nonsense', note) === socket,
};

const phases = {
  'open': () => {},
  'corked': (socket) => socket.cork(),
  'ended': (socket) => socket.end(),
  'destroyed': (socket) => socket.destroy(),
};

const main = async () => {
  for (const [phase, enter] of Object.entries(phases)) {
    for (const [name, write] of Object.entries(writes)) {
      const side = new Side(`${phase}, ${name}`);
      const [client, peer] = await pair();
      peer.on('error', () => {});
      side.watch(client, 'finish', 'error', 'close');
      enter(client);
      attempt(side, 'gives', () => write(client, noting(side, 'callback')));
      side.note('then', client.writableLength, client.writableEnded, client.destroyed);
      await settled();
      await over(client, peer);
    }
  }
};

main();
