// A signal destroys a pipeline that waits; one that has fired before prevents it.
'use strict';

const { pipeline } = require('node:stream/promises');
const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const wait = async (side, ...args) => {
  try {
    side.note('done', (await pipeline(...args)) ?? null);
  } catch (err) {
    side.note('failed', err);
  }
};

const main = async () => {
  for (const when of ['during', 'before', 'after']) {
    for (const reason of [undefined, new Error('why')]) {
      const side = new Side(`${when}, ${reason ? 'reason' : 'no reason'}`);
      const [source, writer] = await pair();
      const [destination, reader] = await pair();
      writer.on('error', () => {});
      reader.on('error', () => {});
      source.on('error', () => {});
      destination.on('error', () => {});
      const controller = new AbortController();
      const { signal } = controller;
      if (when === 'before') {
        controller.abort(reason);
      }
      const waiting = wait(side, source, destination, { signal });
      await feed(writer, 'abc');
      if (when === 'during') {
        controller.abort(reason);
      }
      await settled();
      side.note('then', source.destroyed, destination.destroyed);
      writer.end();
      await waiting;
      controller.abort(reason);
      await settled();
      side.note('last', source.destroyed, destination.destroyed);
      await over(source, writer, destination, reader);
    }
  }
};

main();
