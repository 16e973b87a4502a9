// A 'data' listener beside a pipe sees the same; pause() holds both back.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const main = async () => {
  const side = new Side('source');
  const [source, writer] = await pair();
  const [destination, reader] = await pair();
  new Side('reader').watch(reader, 'data', 'end');
  const onData = (data) => side.note('data', data);
  source.on('data', onData);
  source.pipe(destination);
  await feed(writer, 'a', 'b');
  source.pause();
  await feed(writer, 'c');
  side.note('waits', source.readableLength, reader.bytesRead);
  source.resume();
  await settled();
  side.note('flows', source.readableLength, reader.bytesRead);
  source.removeListener('data', onData);
  await feed(writer, 'd');
  side.note('without', source.readableFlowing, source.readableLength, reader.bytesRead);
  source.on('data', onData);
  source.unpipe(destination);
  await feed(writer, 'e');
  side.note('unpiped', source.readableFlowing, source.readableLength, reader.bytesRead);
  source.resume();
  await settled();
  side.note('resumed', source.readableFlowing, source.readableLength, reader.bytesRead);
  await over(source, writer, destination, reader);
};

main();
