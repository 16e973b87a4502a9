// A proxy of two pipes carries much in both directions at once, and each end in its turn.
'use strict';

const { Side } = require('../net/_sides');
const { over, pair, settled } = require('./_pair');

const SIZE = 2 * 1024 * 1024;

const gather = (socket) => new Promise((then) => {
  const parts = [];
  socket.on('data', (data) => parts.push(data));
  socket.on('end', () => then(Buffer.concat(parts)));
});

const main = async () => {
  const side = new Side('proxy');
  const [client, front] = await pair({ allowHalfOpen: true });
  const [back, server] = await pair({ allowHalfOpen: true });
  const question = Buffer.alloc(SIZE, 'question ');
  const answer = Buffer.alloc(SIZE, 'answer');
  front.pipe(back);
  back.pipe(front);
  const atServer = gather(server);
  const atClient = gather(client);
  client.end(question);
  server.write(answer.subarray(0, SIZE / 2));
  side.note('asked', (await atServer).equals(question), server.writable);
  server.end(answer.subarray(SIZE / 2));
  side.note('answered', (await atClient).equals(answer));
  await settled();
  side.note('over', front.destroyed, back.destroyed, client.destroyed, server.destroyed);
  side.note('bytes', front.bytesRead, front.bytesWritten, back.bytesRead, back.bytesWritten);
  await over(client, front, back, server);
};

main();
