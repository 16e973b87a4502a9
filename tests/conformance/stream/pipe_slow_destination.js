// With one slow destination of two the source waits for it; everything comes to both.
'use strict';

const { Side, until } = require('../net/_sides');
const { over, pair, settled } = require('./_pair');

const SIZE = 4 * 1024 * 1024;

const main = async () => {
  const side = new Side('source');
  const [source, writer] = await pair();
  const [fast, fastReader] = await pair();
  const [slow, slowReader] = await pair();
  let got = 0;
  let gotSlow = 0;
  fastReader.on('data', (data) => { got += data.length; });
  slowReader.pause();
  source.pipe(fast);
  source.pipe(slow);
  side.note('free', slow.writableNeedDrain, slow.listenerCount('drain'));
  writer.end(Buffer.alloc(SIZE));
  await new Promise((then) => until(() => slow.writableNeedDrain, then));
  await settled();
  side.note('held', source.readableFlowing, source.isPaused(), fast.writableNeedDrain);
  side.note('some came', got > 0, got < SIZE, slow.listenerCount('drain'));
  slowReader.on('data', (data) => { gotSlow += data.length; });
  slowReader.resume();
  await new Promise((then) => until(() => got === SIZE && gotSlow === SIZE, then));
  await settled();
  side.note('all came', got === SIZE, gotSlow === SIZE);
  side.note('ended', fast.writableFinished, slow.writableFinished, slow.listenerCount('drain'));
  await over(source, writer, fast, fastReader, slow, slowReader);
};

main();
