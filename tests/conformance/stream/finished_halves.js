// finished() of the readable or the writable half alone, and what 'error: false' leaves out.
'use strict';

const { finished } = require('node:stream');
const { Side } = require('../net/_sides');
const { noting, over, pair, settled } = require('./_pair');

const steps = {
  'end': (client) => client.end(),
  'peer ends': (client, peer) => {
    client.resume();
    peer.end();
  },
  'destroy': (client) => client.destroy(),
};

const plans = [
  ['end', 'peer ends'],
  ['peer ends', 'end'],
  ['end', 'destroy'],
  ['peer ends', 'destroy'],
  ['destroy'],
];

const main = async () => {
  for (const plan of plans) {
    const side = new Side(plan.join(', '));
    const [client, peer] = await pair({ allowHalfOpen: true });
    finished(client, { writable: false }, noting(side, 'readable'));
    finished(client, { readable: false }, noting(side, 'writable'));
    finished(client, { readable: true, writable: true }, noting(side, 'both'));
    finished(client, { readable: false, writable: false }, noting(side, 'neither'));
    finished(client, noting(side, 'default'));
    for (const step of plan) {
      side.note(step);
      steps[step](client, peer);
      await settled();
    }
    await over(client, peer);
  }
  const side = new Side('errors');
  const [client, peer] = await pair();
  finished(client, { error: false }, noting(side, 'without errors'));
  finished(client, { error: true }, noting(side, 'with errors'));
  client.on('error', (err) => side.note('error', err));
  client.emit('error', new Error('just said'));
  await settled();
  side.note('destroy');
  client.destroy(new Error('no more'));
  await settled();
  await over(client, peer);
};

main();
