// An error in the destination unpipes it; an error in the source leaves the destination open.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const current = {};
process.on('uncaughtException', (err) => current.side.note('uncaught', err));

const begin = async (name) => {
  const side = new Side(name);
  current.side = side;
  const [source, writer] = await pair();
  const [destination, reader] = await pair();
  writer.on('error', () => {});
  reader.on('error', () => {});
  destination.on('unpipe', (from, info) => side.note('unpipe', from === source, info));
  destination.on('close', (hadError) => side.note('destination closed', hadError));
  source.on('close', (hadError) => side.note('source closed', hadError));
  source.on('pause', () => side.note('source paused'));
  source.pipe(destination);
  await feed(writer, 'abc');
  const state = () => side.note(
    'then', source.destroyed, source.readableFlowing, source.listenerCount('data'),
    destination.destroyed, destination.writableEnded, destination.listenerCount('error'));
  return { side, source, writer, destination, reader, state };
};

const main = async () => {
  let { side, source, writer, destination, reader, state } = await begin('destination, heard');
  destination.on('error', (err) => side.note('error', err));
  state();
  destination.destroy(new Error('no more'));
  await settled();
  state();
  await over(source, writer, destination, reader);

  ({ side, source, writer, destination, reader, state } = await begin('destination, unheard'));
  destination.destroy(new Error('no more'));
  await settled();
  state();
  await over(source, writer, destination, reader);

  ({ side, source, writer, destination, reader, state } = await begin('emitted only'));
  destination.on('error', (err) => side.note('error', err));
  destination.emit('error', new Error('just said'));
  state();
  await settled();
  state();
  await over(source, writer, destination, reader);

  ({ side, source, writer, destination, reader, state } = await begin('source'));
  source.on('error', (err) => side.note('error', err));
  source.destroy(new Error('no more'));
  await settled();
  state();
  await over(source, writer, destination, reader);

  ({ side, source, writer, destination, reader, state } = await begin('source, no error'));
  source.destroy();
  await settled();
  state();
  await over(source, writer, destination, reader);
};

main();
