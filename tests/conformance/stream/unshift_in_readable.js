// A 'readable' listener takes a header and puts back what it read too much.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const main = async () => {
  const side = new Side('client');
  const [client, peer] = await pair();
  let header = '';
  const onReadable = () => {
    side.note('readable', client.readableLength);
    for (let chunk = client.read(); chunk !== null; chunk = client.read()) {
      const at = chunk.indexOf('\n') + 1;
      if (at === 0) {
        header += chunk;
      } else {
        header += chunk.subarray(0, at);
        side.note('header', header);
        client.off('readable', onReadable);
        if (at < chunk.length) {
          side.note('unshift', client.unshift(chunk.subarray(at)), client.readableLength);
        }
        client.on('data', (data) => side.note('data', data));
        break;
      }
    }
  };
  client.on('readable', onReadable);
  client.once('end', () => side.note('end'));
  await feed(peer, 'first ', 'line\nsecond', ' third');
  side.note('then', client.readableFlowing, client.readableLength);
  await over(client, peer);

  const other = new Side('outside');
  const [reader, writer] = await pair();
  reader.on('readable', () => other.note('readable', reader.readableLength));
  await feed(writer, 'abc');
  other.note('read', reader.read(2));
  other.note('unshift', reader.unshift('xy'), reader.readableLength);
  other.note('read', reader.read());
  await settled();
  other.note('unshift', reader.unshift('put back'), reader.readableLength);
  await settled();
  other.note('read', reader.read(3), reader.read());
  await over(reader, writer);
};

main();
