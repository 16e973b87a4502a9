// pipeline() calls back when all is through; the destination is ended, or stays open if told so.
'use strict';

const { pipeline } = require('node:stream');
const promises = require('node:stream/promises');
const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const begin = async (name, half) => {
  const side = new Side(name);
  const [source, writer] = await pair({ allowHalfOpen: half });
  const [destination, reader] = await pair({ allowHalfOpen: half });
  new Side(`${name}, reader`).watch(reader, 'data', 'end');
  const state = (label) => side.note(
    label, source.destroyed, source.readableEnded, source.writableEnded,
    destination.destroyed, destination.writableFinished, destination.readableEnded);
  return { side, source, writer, destination, reader, state };
};

const main = async () => {
  for (const half of [false, true]) {
    let { side, source, writer, destination, reader, state } = await begin(`half open ${half}`, half);
    const last = pipeline(source, destination, (err) => {
      side.note('done', err ?? null);
      state('in the callback');
    });
    side.note('gives', last === destination);
    await feed(writer, 'abc', 'def');
    state('flows');
    writer.end('last');
    await settled();
    state('through');
    await over(source, writer, destination, reader);

    ({ side, source, writer, destination, reader, state } = await begin(`list, half open ${half}`, half));
    pipeline([source, destination], (err) => side.note('done', err ?? null));
    writer.end('abc');
    await settled();
    state('through');
    await over(source, writer, destination, reader);

    ({ side, source, writer, destination, reader, state } = await begin(`open, half open ${half}`, half));
    const waiting = promises.pipeline(source, destination, { end: false });
    await feed(writer, 'abc');
    writer.end('last');
    side.note('gives', (await waiting) ?? null);
    await settled();
    state('through');
    if (destination.writable) {
      await feed(destination, 'more');
    }
    await over(source, writer, destination, reader);
  }
};

main();
