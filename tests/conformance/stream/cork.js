// cork() holds writes back until as many uncork(); end() uncorks for good.
'use strict';

const { Side } = require('../net/_sides');
const { noting, over, pair, settled } = require('./_pair');

const begin = async (name) => {
  const side = new Side(name);
  const [client, peer] = await pair();
  new Side(`${name}, peer`).watch(peer, 'data');
  side.watch(client, 'drain', 'prefinish', 'finish', 'error');
  const state = (label, ...args) => side.note(
    label, ...args, client.writableCorked, client.writableLength, client.bytesWritten);
  return { side, client, peer, state };
};

const main = async () => {
  let { side, client, peer, state } = await begin('once');
  side.note('cork', client.cork() ?? null);
  state('write', client.write('a', noting(side, 'a')));
  state('write', client.write(Buffer.from('b'), noting(side, 'b')));
  state('write', client.write('Yw==', 'base64', noting(side, 'c')));
  await settled();
  state('waits');
  side.note('uncork', client.uncork() ?? null);
  state('uncorked');
  state('write', client.write('d', noting(side, 'd')));
  await settled();
  await over(client, peer);

  ({ side, client, peer, state } = await begin('nested'));
  client.cork();
  client.write('a');
  client.cork();
  client.write('b');
  state('twice');
  client.uncork();
  await settled();
  state('still');
  client.uncork();
  await settled();
  state('none');
  client.uncork();
  state('too often');
  client.write('c');
  await settled();
  await over(client, peer);

  ({ side, client, peer, state } = await begin('with end'));
  client.cork();
  client.write('a', noting(side, 'a'));
  client.end('b', noting(side, 'end'));
  state('ended');
  await settled();
  await over(client, peer);

  ({ side, client, peer, state } = await begin('nested with end'));
  client.cork();
  client.cork();
  client.cork();
  client.write('a', noting(side, 'a'));
  client.end(noting(side, 'end'));
  state('ended');
  await settled();
  state('quiet');
  await over(client, peer);

  ({ side, client, peer, state } = await begin('nothing'));
  client.cork();
  client.uncork();
  client.cork();
  client.write('', noting(side, 'empty'));
  state('empty');
  client.uncork();
  await settled();
  state('quiet');
  await over(client, peer);

  ({ side, client, peer, state } = await begin('in a turn'));
  client.cork();
  client.write('header ', noting(side, 'header'));
  client.write('body', noting(side, 'body'));
  process.nextTick(() => client.uncork());
  await settled();
  state('quiet');
  await over(client, peer);
};

main();
