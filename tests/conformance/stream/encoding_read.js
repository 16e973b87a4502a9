// With an encoding read(n) counts characters, whatever pieces their bytes came in.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const cases = [
  ['utf8', ['c3', 'a9', '41e29c', '9342']],
  ['utf8', ['41ff', 'e29c']],
  ['utf16le', ['e9', '0041', '0042', '00']],
  ['utf16le', ['41003d26', '42']],
  ['latin1', ['c3a9', '80ff']],
  ['ascii', ['c3a9', '4180']],
  ['hex', ['c3', 'a9ff']],
  ['base64', ['41', '4243', '44']],
  ['base64url', ['fbff', 'bf41', 'ff']],
];

const main = async () => {
  for (const [encoding, groups] of cases) {
    for (const size of [1, 3]) {
      const side = new Side(`${encoding} ${groups.join(' ')} by ${size}`);
      const [client, peer] = await pair();
      client.setEncoding(encoding);
      client.on('end', () => side.note('end'));
      client.on('readable', () => {
        side.note('readable', client.readableLength);
        for (let text = client.read(size); text !== null; text = client.read(size)) {
          side.note('text', text, client.readableLength);
        }
      });
      await feed(peer, ...groups.map((group) => Buffer.from(group, 'hex')));
      peer.end();
      await settled();
      await over(client, peer);
    }
  }
};

main();
