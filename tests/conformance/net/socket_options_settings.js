// What the options of a socket show in its properties.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');

const show = (label, socket) => {
  trace(label, socket.readable, socket.writable, socket.readyState, socket.pending,
        socket.allowHalfOpen, socket.readableHighWaterMark, socket.writableHighWaterMark,
        socket.readableEncoding, socket.readableEnded, socket.writableEnded,
        socket.writableFinished, socket.readableFlowing, socket.timeout ?? null,
        socket.bytesRead, socket.bytesWritten, socket.bufferSize ?? null, socket.server,
        socket.destroyed, socket.connecting);
};

for (const options of [
  undefined, {}, { allowHalfOpen: true }, { allowHalfOpen: 1 }, { readable: false },
  { writable: false }, { readable: false, writable: false }, { readable: true, writable: true },
  { readable: null, writable: 0 }, { highWaterMark: 10 }, { readableHighWaterMark: 7 },
  { writableHighWaterMark: 9 }, { highWaterMark: 5, readableHighWaterMark: 7 },
  { highWaterMark: 0 }, { encoding: 'utf8' }, { encoding: 'hex' },
  { noDelay: true, keepAlive: true, keepAliveInitialDelay: 5000, timeout: 77 },
]) {
  show(JSON.stringify(options ?? null), new net.Socket(options));
}
for (const options of [{ typeOfService: 8 }, {}, { typeOfService: 0 }]) {
  trace('type of service', new net.Socket(options).getTypeOfService());
}
