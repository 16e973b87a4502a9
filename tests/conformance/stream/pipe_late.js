// A pipe begun with data waiting, while paused, after the end, or from a destroyed source.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const states = {
  'data waiting': async (source, writer) => feed(writer, 'a', 'b'),
  'paused': async (source, writer) => {
    source.pause();
    await feed(writer, 'a');
  },
  'end waiting': async (source, writer) => {
    writer.end('a');
    await settled();
  },
  'ended': async (source, writer) => {
    source.resume();
    writer.end('a');
    await settled();
  },
  'destroyed': async (source) => {
    source.destroy();
    await settled();
  },
  'readable listener': async (source, writer) => {
    source.on('readable', () => {});
    await feed(writer, 'a');
  },
};

const main = async () => {
  for (const [name, enter] of Object.entries(states)) {
    const side = new Side(name);
    const [source, writer] = await pair({ allowHalfOpen: true });
    const [destination, reader] = await pair({ allowHalfOpen: true });
    writer.on('error', () => {});
    new Side(`${name}, reader`).watch(reader, 'data', 'end');
    side.watch(source, 'resume', 'end', 'close');
    destination.on('pipe', () => side.note('pipe'));
    destination.on('unpipe', () => side.note('unpipe'));
    destination.on('finish', () => side.note('finish'));
    await enter(source, writer);
    side.note('before', source.readableFlowing, source.readableLength);
    source.pipe(destination);
    side.note('after', source.readableFlowing, source.readableLength);
    await settled();
    side.note('then', source.readableFlowing, source.readableLength, destination.writableEnded);
    if (!writer.writableEnded && !writer.destroyed) {
      await feed(writer, 'c');
    }
    await over(source, writer, destination, reader);
  }
};

main();
