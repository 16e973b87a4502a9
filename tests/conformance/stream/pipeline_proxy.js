// A pipeline through a socket in the middle: what goes in there comes back from its peer.
'use strict';

const { pipeline } = require('node:stream');
const { Side } = require('../net/_sides');
const { feed, noting, over, pair, settled } = require('./_pair');

const main = async () => {
  for (const ending of ['end', 'destroy']) {
    const side = new Side(ending);
    const [source, writer] = await pair();
    const [middle, echo] = await pair({ allowHalfOpen: true });
    const [destination, reader] = await pair();
    writer.on('error', () => {});
    echo.on('error', () => {});
    reader.on('error', () => {});
    const parts = [];
    reader.on('data', (data) => parts.push(data));
    echo.on('data', (data) => echo.write(String(data).toUpperCase()));
    echo.on('end', () => echo.end('!'));
    const last = pipeline(source, middle, destination, noting(side, 'done'));
    side.note('gives', last === destination);
    await feed(writer, 'abc', 'def');
    if (ending === 'end') {
      writer.end('last');
    } else {
      middle.destroy();
    }
    await settled();
    side.note('came', Buffer.concat(parts));
    side.note('then', source.destroyed, middle.destroyed, destination.destroyed);
    await over(source, writer, middle, echo, destination, reader);
  }
  const side = new Side('there and back');
  const [client, echo] = await pair({ allowHalfOpen: true });
  pipeline(echo, echo, noting(side, 'done'));
  client.on('data', (data) => side.note('data', data));
  client.on('end', () => side.note('end'));
  await feed(client, 'abc', 'def');
  client.end();
  await settled();
  await over(client, echo);
};

main();
