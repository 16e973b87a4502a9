// write() returns false from the high-water mark on; writableLength counts what waits.
'use strict';

const net = require('node:net');
const { Side } = require('../net/_sides');
const { over, pair, settled } = require('./_pair');

const MARK = 65536;

const main = async () => {
  let side = new Side('corked');
  const [client, peer] = await pair();
  peer.resume();
  const state = (label, ...args) => {
    side.note(label, ...args, client.writableLength, client.writableNeedDrain, client.bytesWritten);
  };
  side.note('mark', client.writableHighWaterMark, client.writableObjectMode);
  client.on('drain', () => state('drain'));
  client.cork();
  state('below', client.write(Buffer.alloc(MARK - 1)));
  state('at', client.write('x'));
  state('above', client.write('y'));
  state('empty', client.write(''));
  client.uncork();
  await settled();
  state('sent');
  client.cork();
  state('text', client.write('\u00e9'.repeat(MARK - 1)));
  state('one more', client.write('\u00e9'));
  client.uncork();
  await settled();
  state('sent');
  client.cork();
  state('whole', client.write(Buffer.alloc(MARK)));
  client.uncork();
  await settled();
  state('sent');
  client.cork();
  state('below', client.write(Buffer.alloc(MARK - 1)));
  client.uncork();
  await settled();
  state('no drain');
  await over(client, peer);

  side = new Side('not connected');
  const socket = new net.Socket();
  const waiting = (label, ...args) => {
    side.note(label, ...args, socket.writableLength, socket.writableNeedDrain);
  };
  waiting('below', socket.writable);
  socket.destroy();
  waiting('destroyed', socket.writable);
};

main();
