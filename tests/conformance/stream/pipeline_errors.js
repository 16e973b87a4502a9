// If one part of a pipeline fails, all the others are destroyed, and the callback hears why.
'use strict';

const { pipeline } = require('node:stream');
const { Side } = require('../net/_sides');
const { attempt, feed, noting, over, pair, settled } = require('./_pair');

const acts = {
  'source destroyed': (source) => source.destroy(),
  'source failed': (source) => source.destroy(new Error('no more')),
  'destination destroyed': (source, destination) => destination.destroy(),
  'destination failed': (source, destination) => destination.destroy(new Error('no more')),
  'destination ended': (source, destination) => destination.end(),
  'source ended': (source) => source.end(),
};

const main = async () => {
  for (const when of ['before', 'just before', 'during']) {
    for (const [name, act] of Object.entries(acts)) {
      const side = new Side(`${name} ${when}`);
      const [source, writer] = await pair({ allowHalfOpen: true });
      const [destination, reader] = await pair({ allowHalfOpen: true });
      const sourceEvents = new Side(`${name} ${when}, source`);
      const destinationEvents = new Side(`${name} ${when}, destination`);
      sourceEvents.watch(source, 'error', 'close');
      destinationEvents.watch(destination, 'error', 'close', 'finish');
      writer.on('error', () => {});
      reader.on('error', () => {});
      if (when !== 'during') {
        act(source, destination);
      }
      if (when === 'before') {
        await settled();
      }
      attempt(side, 'gives', () => {
        return pipeline(source, destination, noting(side, 'done')) === destination;
      });
      await feed(writer, 'abc');
      if (when === 'during') {
        act(source, destination);
        await settled();
      }
      await feed(writer, 'def');
      side.note('then', source.destroyed, destination.destroyed, source.listenerCount('data'));
      writer.end();
      await settled();
      side.note('last', source.destroyed, destination.destroyed);
      await over(source, writer, destination, reader);
    }
  }
};

main();
