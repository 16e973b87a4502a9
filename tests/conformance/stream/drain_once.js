// 'drain' comes once for each time that write() has returned false.
'use strict';

const { Side, until } = require('../net/_sides');
const { over, pair, settled } = require('./_pair');

const SIZE = 1024 * 1024;

const main = async () => {
  const side = new Side('client');
  const drain = new Side('drain');
  const [client, peer] = await pair();
  peer.pause();
  let drains = 0;
  client.on('drain', () => {
    drains += 1;
    drain.note('drain', client.writableLength, client.writableNeedDrain);
  });
  const note = (label) => () => side.note(label);
  side.note('first', client.write(Buffer.alloc(SIZE), note('first out')));
  side.note('second', client.write('small', note('second out')));
  side.note('third', client.write('small', note('third out')));
  await settled();
  side.note('waits', client.writableLength > 0, client.writableNeedDrain);
  peer.resume();
  await new Promise((then) => until(() => drains === 1, then));
  await settled();
  side.note('small', client.write('small', note('small out')));
  await settled();
  peer.pause();
  side.note('fourth', client.write(Buffer.alloc(SIZE), note('fourth out')));
  client.end(note('end'));
  client.on('finish', note('finish'));
  peer.resume();
  await new Promise((then) => peer.once('end', then));
  await settled();
  side.note('drains', drains);
  await over(client, peer);
};

main();
