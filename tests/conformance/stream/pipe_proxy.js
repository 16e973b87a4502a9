// Two sockets piped into each other are a proxy: each end goes through, whoever ends first.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const main = async () => {
  for (const half of [false, true]) {
    for (const first of ['client', 'server']) {
      const name = `half open ${half}, ${first} ends first`;
      const options = { allowHalfOpen: half };
      const [client, front] = await pair(options);
      const [back, server] = await pair(options);
      new Side(`${name}: client`).watch(client, 'data', 'end', 'finish', 'error', 'close');
      new Side(`${name}: server`).watch(server, 'data', 'end', 'finish', 'error', 'close');
      const proxy = new Side(`${name}: proxy`);
      front.on('close', (hadError) => proxy.note('front closed', hadError));
      front.pipe(back).pipe(front);
      await feed(client, 'question');
      await feed(server, 'answer');
      const [one, other] = first === 'client' ? [client, server] : [server, client];
      one.end('bye');
      await settled();
      proxy.note('after one', front.destroyed, back.destroyed, one.destroyed, other.destroyed);
      if (!other.destroyed) {
        other.end('good bye');
      }
      await settled();
      proxy.note('after both', front.destroyed, back.destroyed, one.destroyed, other.destroyed);
      proxy.note('bytes', front.bytesRead, front.bytesWritten, back.bytesRead, back.bytesWritten);
      await over(client, front, back, server);
    }
  }
};

main();
