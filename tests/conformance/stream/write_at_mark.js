// A write of any size returns true, and needs no drain, if the kernel took all of it at once.
'use strict';

const { Side } = require('../net/_sides');
const { over, pair, settled } = require('./_pair');

const MARK = 65536;

const chunks = {
  'bytes below': Buffer.alloc(MARK - 1),
  'bytes at': Buffer.alloc(MARK),
  'bytes above': Buffer.alloc(MARK + 1),
  'text below': 'x'.repeat(MARK - 1),
  'text at': 'x'.repeat(MARK),
  'empty': '',
};

const main = async () => {
  for (const [name, chunk] of Object.entries(chunks)) {
    for (const called of [false, true]) {
      const side = new Side(`${name}, ${called ? 'callback' : 'no callback'}`);
      const [client, peer] = await pair();
      peer.resume();
      client.on('drain', () => side.note('drain', client.writableNeedDrain));
      const args = called ? [() => side.note('out')] : [];
      side.note('write', client.write(chunk, ...args), client.writableNeedDrain);
      await settled();
      side.note('then', client.writableLength, client.writableNeedDrain);
      side.note('twice', client.write(chunk), client.write('x'));
      await settled();
      await over(client, peer);
    }
  }
};

main();
