// Every property of a server and a socket has its Node name.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');

const show = (label, object, names) => {
  for (const name of names) {
    trace(`${label} ${name}`, name in object, object[name] ?? null);
  }
};

show('socket', new net.Socket({ allowHalfOpen: true }), [
  'allowHalfOpen', 'bytesRead', 'bytesWritten', 'connecting', 'destroyed',
  'errored', 'localAddress', 'localFamily', 'localPort', 'pending', 'readable', 'readableEncoding',
  'readableEnded', 'readableFlowing', 'readableHighWaterMark', 'readableLength', 'readyState',
  'remoteAddress', 'remoteFamily', 'remotePort', 'writable', 'writableEnded',
  'writableFinished', 'writableHighWaterMark', 'writableLength', 'writableNeedDrain',
]);
show('server', net.createServer({ allowHalfOpen: true }), ['allowHalfOpen', 'listening']);
trace('fresh', new net.Socket().server, new net.Socket().allowHalfOpen,
      new net.Socket().autoSelectFamilyAttemptedAddresses ?? null);
