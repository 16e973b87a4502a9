// setDefaultEncoding() says what the text of a write stands for that names no encoding.
'use strict';

const { Side } = require('../net/_sides');
const { attempt, over, pair, settled } = require('./_pair');

const encodings = ['utf8', 'hex', 'base64', 'latin1', 'UCS2', 'Hex', 'buffer'];
const bad = ['nonsense', '', null, 5];

const main = async () => {
  for (const encoding of encodings) {
    const side = new Side(encoding);
    const [client, peer] = await pair();
    const parts = [];
    peer.on('data', (data) => parts.push(data));
    client.on('error', (err) => side.note('error', err));
    attempt(side, 'set', () => client.setDefaultEncoding(encoding) === client);
    attempt(side, 'write', () => client.write('6162'));
    attempt(side, 'latin1', () => client.write('\u00e9', 'latin1'));
    attempt(side, 'bytes', () => client.write(Buffer.from('bytes')));
    attempt(side, 'callback', () => client.write('6364', () => side.note('written')));
    await settled();
    side.note('came', Buffer.concat(parts), client.bytesWritten);
    attempt(side, 'end', () => client.end('6566') === client);
    await settled();
    side.note('came', Buffer.concat(parts));
    await over(client, peer);
  }
  const side = new Side('bad');
  const [client, peer] = await pair();
  for (const encoding of bad) {
    attempt(side, String(encoding), () => client.setDefaultEncoding(encoding) === client);
  }
  peer.on('data', (data) => side.note('data', data));
  client.write('caf\u00e9');
  await settled();
  await over(client, peer);
};

main();
