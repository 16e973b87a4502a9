// pipe() hands on all data, and the end with it, unless told not to.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const begin = async (name, options) => {
  const side = new Side(name);
  const [source, writer] = await pair(options);
  const [destination, reader] = await pair(options);
  new Side(`${name}, source`).watch(source, 'pause', 'resume', 'end', 'finish', 'close');
  new Side(`${name}, destination`).watch(
    destination, 'pipe', 'unpipe', 'drain', 'finish', 'end', 'close');
  new Side(`${name}, reader`).watch(reader, 'data', 'end');
  return { side, source, writer, destination, reader };
};

const main = async () => {
  for (const half of [false, true]) {
    for (const options of [undefined, {}, { end: true }, { end: false }]) {
      const { side, source, writer, destination, reader } = await begin(
        `half open ${half}, ${JSON.stringify(options) ?? 'none'}`, { allowHalfOpen: half });
      side.note('flowing', source.readableFlowing);
      side.note('returned', source.pipe(destination, options) === destination);
      side.note('flowing', source.readableFlowing, source.isPaused());
      await feed(writer, 'abc', Buffer.from('def'));
      side.note('listeners', source.listenerCount('data'));
      writer.end('last');
      await settled();
      side.note('ended', destination.writableEnded, destination.writableFinished,
                destination.destroyed, source.destroyed);
      side.note('listeners', source.listenerCount('data'));
      if (!destination.writableEnded) {
        destination.write('still open');
        await settled();
      }
      await over(source, writer, destination, reader);
    }
  }
  const { side, source, writer, destination, reader } = await begin('text', {});
  source.setEncoding('hex');
  source.pipe(destination);
  await feed(writer, 'abc');
  side.note('sent', destination.bytesWritten);
  await over(source, writer, destination, reader);
};

main();
