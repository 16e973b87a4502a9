// destroy() inside any listener or callback: what was due before it comes, nothing else after it.
'use strict';

const { Side } = require('../net/_sides');
const { feed, noting, over, pair, settled } = require('./_pair');

const EVENTS = [
  'readable', 'data', 'pause', 'resume', 'end', 'drain', 'prefinish', 'finish', 'pipe', 'unpipe',
];

const main = async () => {
  for (const event of EVENTS) {
    for (const error of [undefined, new Error('no more')]) {
      const side = new Side(`${event}, ${error ? 'error' : 'no error'}`);
      const [client, peer] = await pair({ allowHalfOpen: true });
      const [other, reader] = await pair({ allowHalfOpen: true });
      for (const socket of [peer, other, reader]) {
        socket.on('error', () => {});
      }
      client.on('error', (err) => side.note('error', err));
      client.on('close', (hadError) => side.note('close', hadError));
      client.once(event, () => {
        side.note(event);
        client.destroy(error);
        side.note('destroyed', client.readableLength, client.writableLength);
      });
      client.on(event, () => side.note(`second ${event}`));
      if (event === 'readable') {
        await feed(peer, 'abc', 'def');
        side.note('read', client.read());
      } else if (event === 'data' || event === 'end') {
        client.resume();
        await feed(peer, 'abc');
        peer.end('def');
      } else if (event === 'pause' || event === 'resume') {
        client.pause();
        client.resume();
        await feed(peer, 'abc');
      } else if (event === 'pipe' || event === 'unpipe') {
        other.pipe(client);
        await feed(reader, 'abc');
        other.unpipe(client);
      } else {
        client.cork();
        client.write(Buffer.alloc(65536), noting(side, 'first'));
        client.write('second', noting(side, 'second'));
        client.uncork();
        if (event !== 'drain') {
          client.end(noting(side, 'end'));
        }
      }
      await settled();
      side.note('over', client.destroyed, client.errored);
      await over(client, peer, other, reader);
    }
  }
};

main();
