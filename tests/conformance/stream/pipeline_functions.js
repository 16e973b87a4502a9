// A generator in the middle changes what passes; a function at the end gathers it.
'use strict';

const { pipeline } = require('node:stream');
const promises = require('node:stream/promises');
const { Side } = require('../net/_sides');
const { feed, noting, over, pair, settled } = require('./_pair');

const shout = async function* (source) {
  for await (const chunk of source) {
    yield String(chunk).toUpperCase();
  }
  yield '!';
};

const failing = async function* (source) {
  for await (const chunk of source) {
    yield chunk;
    throw new Error('no more');
  }
};

const gather = async (source) => {
  const parts = [];
  for await (const chunk of source) {
    parts.push(chunk);
  }
  return Buffer.concat(parts);
};

const main = async () => {
  for (const [name, middle] of Object.entries({ shout, failing })) {
    const side = new Side(name);
    const [source, writer] = await pair();
    const [destination, reader] = await pair();
    writer.on('error', () => {});
    reader.on('error', () => {});
    source.on('error', () => {});
    destination.on('error', () => {});
    const parts = [];
    reader.on('data', (data) => parts.push(data));
    reader.on('end', () => side.note('end'));
    pipeline(source, middle, destination, noting(side, 'done'));
    await feed(writer, 'abc', 'def');
    writer.end();
    await settled();
    side.note('came', Buffer.concat(parts), source.destroyed, destination.destroyed);
    await over(source, writer, destination, reader);
  }
  for (const end of ['end', 'destroy']) {
    const side = new Side(`gathered, ${end}`);
    const [source, writer] = await pair();
    writer.on('error', () => {});
    source.on('error', () => {});
    const waiting = (async () => {
      try {
        side.note('gives', await promises.pipeline(source, gather));
      } catch (err) {
        side.note('failed', err);
      }
    })();
    await feed(writer, 'abc', 'def');
    if (end === 'end') {
      writer.end();
    } else {
      source.destroy();
    }
    await waiting;
    side.note('then', source.destroyed);
    await over(source, writer);
  }
};

main();
