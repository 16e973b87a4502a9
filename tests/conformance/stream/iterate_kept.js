// iterator({ destroyOnReturn: false }) leaves the socket as it is when the loop is left early.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const optionsList = [undefined, {}, { destroyOnReturn: true }, { destroyOnReturn: false }];

const main = async () => {
  for (const options of optionsList) {
    const side = new Side(JSON.stringify(options) ?? 'none');
    const [client, peer] = await pair();
    side.watch(client, 'end', 'error', 'close');
    await feed(peer, 'one', 'two');
    for await (const chunk of client.iterator(options)) {
      side.note('chunk', chunk);
      break;
    }
    await settled();
    side.note('left', client.destroyed, client.readableLength);
    if (!client.destroyed) {
      await feed(peer, 'three');
      side.note('waits', client.readableLength, client.readableFlowing);
      for await (const chunk of client.iterator(options)) {
        side.note('again', chunk);
        peer.end();
      }
      await settled();
      side.note('over', client.destroyed, client.readableEnded);
    }
    await over(client, peer);
  }
};

main();
