// unshift() of text with and without encodings, of nothing, and of what is no chunk.
'use strict';

const { Side } = require('../net/_sides');
const { attempt, over, pair, settled } = require('./_pair');

class Thing {}

const chunks = [
  ['text', 'caf\u00e9'],
  ['hex', '6162', 'hex'],
  ['base64', 'YWI=', 'base64'],
  ['latin1', 'caf\u00e9', 'latin1'],
  ['unknown', 'ab', 'nonsense'],
  ['empty text', ''],
  ['empty bytes', Buffer.alloc(0)],
  ['bytes', Buffer.from('ab')],
  ['view', new Uint8Array([97, 98])],
  ['number', 5],
  ['thing', new Thing()],
];

const main = async () => {
  for (const decoding of [null, 'utf8', 'hex']) {
    for (const [name, ...args] of chunks) {
      const side = new Side(`${name}, ${decoding}`);
      const [client, peer] = await pair();
      client.on('error', (err) => side.note('error', err));
      if (decoding) {
        client.setEncoding(decoding);
      }
      attempt(side, 'unshift', () => client.unshift(...args));
      side.note('length', client.readableLength, client.destroyed);
      await settled();
      if (!client.destroyed) {
        side.note('read', client.read());
      }
      await over(client, peer);
    }
  }
};

main();
