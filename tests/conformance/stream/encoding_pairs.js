// Characters beyond the Basic Multilingual Plane come whole, wherever their bytes were cut.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const cases = [
  ['utf8', ['f09f9880']],
  ['utf8', ['41f0', '9f', '98', '8042']],
  ['utf8', ['41f09f98']],
  ['utf8', ['f09f', '41']],
  ['utf16le', ['3dd800de']],
  ['utf16le', ['41003dd8', '00de4200']],
  ['utf16le', ['3dd8', '00de']],
];

const main = async () => {
  for (const [encoding, groups] of cases) {
    const side = new Side(`${encoding} ${groups.join(' ')}`);
    const [client, peer] = await pair();
    client.setEncoding(encoding);
    client.on('end', () => side.note('end'));
    client.on('readable', () => {
      for (let text = client.read(); text !== null; text = client.read()) {
        side.note('text', text);
      }
    });
    await feed(peer, ...groups.map((group) => Buffer.from(group, 'hex')));
    peer.end();
    await settled();
    await over(client, peer);
  }
};

main();
