// A generator at the head of a pipeline is asked for more only when the destination drains.
'use strict';

const { pipeline } = require('node:stream');
const { Side } = require('../net/_sides');
const { noting, over, pair, settled } = require('./_pair');

const SIZE = 1024 * 1024;

const main = async () => {
  for (const end of ['read', 'destroyed']) {
    const side = new Side(end);
    const [destination, reader] = await pair();
    destination.on('error', () => {});
    reader.on('error', () => {});
    reader.pause();
    let made = 0;
    const source = function* () {
      try {
        while (made < 5) {
          made += 1;
          yield Buffer.alloc(SIZE);
        }
      } finally {
        side.note('left', made);
      }
    };
    pipeline(source, destination, noting(side, 'done'));
    await settled();
    side.note('waits', made, destination.writableNeedDrain);
    if (end === 'read') {
      reader.resume();
      await new Promise((then) => reader.once('end', then));
      side.note('came', reader.bytesRead, made);
    } else {
      destination.destroy();
    }
    await settled();
    await over(destination, reader);
  }
};

main();
