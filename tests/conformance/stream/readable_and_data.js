// With listeners for 'readable' and 'data' the stream does not flow; read() emits 'data'.
'use strict';

const { Side } = require('../net/_sides');
const { feed, over, pair, settled } = require('./_pair');

const begin = async (name) => {
  const side = new Side(name);
  const [client, peer] = await pair();
  side.watch(client, 'pause', 'resume', 'end');
  const state = (label, ...args) => {
    side.note(label, ...args, client.readableFlowing, client.isPaused(), client.readableLength);
  };
  const onReadable = () => state('readable');
  const onData = (data) => state('data', data);
  return { client, peer, state, onReadable, onData };
};

const main = async () => {
  let { client, peer, state, onReadable, onData } = await begin('data, then readable');
  client.on('data', onData);
  await feed(peer, 'a');
  client.on('readable', onReadable);
  state('both');
  await feed(peer, 'b');
  state('read', client.read());
  await feed(peer, 'c');
  client.removeListener('readable', onReadable);
  state('readable removed');
  await settled();
  state('flows');
  await feed(peer, 'd');
  await over(client, peer);

  ({ client, peer, state, onReadable, onData } = await begin('readable, then data'));
  client.on('readable', onReadable);
  state('readable only');
  await feed(peer, 'a');
  client.on('data', onData);
  await feed(peer, 'b');
  state('both');
  client.removeListener('data', onData);
  state('data removed');
  await feed(peer, 'c');
  state('read', client.read());
  client.off('readable', onReadable);
  await settled();
  state('none');
  await feed(peer, 'd');
  state('d waits');
  client.resume();
  await settled();
  state('resumed');
  await over(client, peer);

  ({ client, peer, state, onReadable, onData } = await begin('all removed'));
  client.on('readable', onReadable);
  client.on('data', onData);
  await feed(peer, 'a');
  client.removeAllListeners('readable');
  await feed(peer, 'b');
  state('no readable');
  client.removeAllListeners('data');
  await feed(peer, 'c');
  state('no data');
  await over(client, peer);

  ({ client, peer, state, onReadable, onData } = await begin('resumed beside readable'));
  client.on('readable', onReadable);
  client.resume();
  state('resume');
  await feed(peer, 'a');
  client.pause();
  state('pause');
  await feed(peer, 'b');
  state('read', client.read());
  client.removeListener('readable', onReadable);
  await settled();
  state('removed after a pause');
  client.on('data', onData);
  await feed(peer, 'c');
  state('data');
  await over(client, peer);
};

main();
