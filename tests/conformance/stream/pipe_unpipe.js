// unpipe() of one destination, of all, of a stranger, and what becomes of the flow.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const main = async () => {
  const side = new Side('source');
  const [source, writer] = await pair();
  const [first, firstReader] = await pair();
  const [second, secondReader] = await pair();
  const [stranger, strangerReader] = await pair();
  new Side('first').watch(firstReader, 'data', 'end');
  new Side('second').watch(secondReader, 'data', 'end');
  for (const [name, socket] of Object.entries({ first, second, stranger })) {
    socket.on('pipe', (from) => side.note(`${name} pipe`, from === source));
    socket.on('unpipe', (from, info) => side.note(`${name} unpipe`, from === source, info));
  }
  side.watch(source, 'pause', 'resume');
  const state = (label) => side.note(
    label, source.readableFlowing, source.isPaused(), source.readableLength);
  source.pipe(first);
  source.pipe(second);
  state('piped');
  await feed(writer, 'both');
  side.note('stranger', source.unpipe(stranger) === source);
  state('as before');
  side.note('first', source.unpipe(first) === source);
  state('one left');
  await feed(writer, 'second only');
  side.note('again', source.unpipe(first) === source);
  source.unpipe(second);
  state('none left');
  await feed(writer, 'waits');
  state('it waits');
  source.pipe(first);
  await settled();
  state('flows');
  source.pipe(second);
  source.pipe(second);
  state('twice');
  await feed(writer, '2');
  side.note('all', source.unpipe() === source);
  state('none');
  side.note('none', source.unpipe() === source);
  await feed(writer, 'late');
  state('late');
  await over(source, writer, first, firstReader, second, secondReader, stranger, strangerReader);
};

main();
