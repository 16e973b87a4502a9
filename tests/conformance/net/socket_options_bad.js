// What a socket cannot be made with: the errors, and what is let through all the same.
'use strict';

const net = require('node:net');
const { attempt } = require('./_sides');

class Widget {}

const bad = [
  { objectMode: true }, { readableObjectMode: true }, { writableObjectMode: 1 },
  { objectMode: false }, { keepAliveInitialDelay: 'x' }, { keepAliveInitialDelay: null },
  { keepAliveInitialDelay: -5 }, { keepAliveInitialDelay: NaN }, { keepAliveInitialDelay: true },
  { typeOfService: -1 }, { typeOfService: 256 }, { typeOfService: 1.5 }, { typeOfService: NaN },
  { typeOfService: 'x' }, { typeOfService: null }, { typeOfService: true },
  { typeOfService: 2 ** 40 }, { typeOfService: 16 },
  { highWaterMark: -1 }, { highWaterMark: 'x' }, { highWaterMark: 1.5 }, { highWaterMark: NaN },
  { highWaterMark: '5' }, { readableHighWaterMark: -1 }, { writableHighWaterMark: 'x' },
  { highWaterMark: null }, { highWaterMark: 0 },
  { encoding: 'bogus' }, { encoding: 5 }, { encoding: null }, { encoding: '' },
  { defaultEncoding: 'bogus' }, { defaultEncoding: 5 }, { defaultEncoding: null },
  { defaultEncoding: '' },
  { signal: 5 }, { signal: 'x' }, { signal: new Widget() }, { signal: null }, { signal: 0 },
  { blockList: 5 }, { blockList: new Widget() }, { blockList: null }, { blockList: '' },
  { fd: -1 }, { fd: 'x' }, { fd: 1.5 }, { fd: null }, { fd: 2 ** 40 }, { fd: 99999 },
  { onread: 5 }, { onread: null }, { onread: {} }, { onread: { buffer: 5 } }, { wood: 'pine' },
  { objectMode: true, keepAliveInitialDelay: 'x' }, { keepAliveInitialDelay: 'x', fd: -1 },
  { highWaterMark: -1, fd: -1 }, { signal: 5, fd: -1 }, { fd: -1, typeOfService: -1 },
  { typeOfService: -1, blockList: 5 },
  null, undefined, 'x', true, [], -1, 1.5, 99999,
];
for (const options of bad) {
  attempt('new', () => {
    const socket = new net.Socket(options);
    socket.destroy();
    return 'made';
  });
}
