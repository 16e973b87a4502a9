// A signal gives up the wait of finished(), not the socket.
'use strict';

const { finished } = require('node:stream');
const { Side } = require('../net/_sides');
const { noting, over, pair, settled } = require('./_pair');

const main = async () => {
  for (const reason of [undefined, new Error('why')]) {
    const name = reason ? 'reason' : 'no reason';
    let side = new Side(`aborted, ${name}`);
    let [client, peer] = await pair();
    let controller = new AbortController();
    finished(client, { signal: controller.signal }, (err) => {
      side.note('finished', err, err.cause === controller.signal.reason);
    });
    controller.abort(reason);
    side.note('aborted');
    await settled();
    side.note('quiet', client.destroyed);
    await over(client, peer);

    side = new Side(`aborted before, ${name}`);
    [client, peer] = await pair();
    finished(client, { signal: AbortSignal.abort(reason) }, noting(side, 'finished'));
    side.note('returned');
    await settled();
    side.note('quiet', client.destroyed);
    await over(client, peer);

    side = new Side(`aborted after, ${name}`);
    [client, peer] = await pair();
    controller = new AbortController();
    finished(client, { signal: controller.signal }, noting(side, 'finished'));
    client.resume();
    peer.end();
    await settled();
    controller.abort(reason);
    await settled();
    side.note('quiet', client.destroyed);
    await over(client, peer);
  }
};

main();
