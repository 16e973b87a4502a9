// A pipe into a destination that is or gets ended, finished or destroyed.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const ways = {
  'ended': (socket) => socket.end(),
  'destroyed': (socket) => socket.destroy(),
  'destroyed with error': (socket) => socket.destroy(new Error('no more')),
};

const main = async () => {
  for (const [name, way] of Object.entries(ways)) {
    for (const when of ['before', 'just before', 'after']) {
      const side = new Side(`${name} ${when}`);
      const [source, writer] = await pair({ allowHalfOpen: true });
      const [destination, reader] = await pair({ allowHalfOpen: true });
      reader.on('error', () => {});
      side.watch(destination, 'finish', 'error', 'close');
      destination.on('pipe', () => side.note('pipe'));
      destination.on('unpipe', () => side.note('unpipe'));
      side.watch(source, 'pause', 'resume');
      source.on('close', () => side.note('source closed'));
      if (when !== 'after') {
        way(destination);
      }
      if (when === 'before') {
        await settled();
      }
      side.note('pipe gives', source.pipe(destination) === destination);
      if (when === 'after') {
        await feed(writer, 'first');
        way(destination);
      }
      await feed(writer, 'a', 'b');
      side.note('then', source.readableFlowing, source.readableLength, source.destroyed,
                destination.errored, source.listenerCount('data'));
      await over(source, writer, destination, reader);
    }
  }
};

main();
