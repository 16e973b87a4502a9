// A socket over a descriptor that was opened elsewhere: both ends of a pipe, and what is refused.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { trace } = require('../conformance_trace');
const { Side, attempt, freshDirectory } = require('./_sides');

const EVENTS = ['connect', 'ready', 'data', 'end', 'finish', 'error', 'close'];
const directory = freshDirectory();
const file = path.join(directory, 'file');
fs.writeFileSync(file, 'text');
for (const [what, name] of [['file', file], ['directory', directory], ['device', '/dev/null']]) {
  const fd = fs.openSync(name, 'r');
  attempt(what, () => new net.Socket({ fd }));
  attempt(`${what}, by number`, () => new net.Socket(fd));
  fs.closeSync(fd);
}

const fifo = path.join(directory, 'fifo');
execFileSync('mkfifo', [fifo]);
const { O_NONBLOCK, O_RDONLY, O_WRONLY } = fs.constants;
const incoming = fs.openSync(fifo, O_RDONLY | O_NONBLOCK);
const outgoing = fs.openSync(fifo, O_WRONLY | O_NONBLOCK);
const wrong = fs.openSync(fifo, O_WRONLY | O_NONBLOCK);
const reader = new net.Socket({ fd: incoming, writable: false });
const writer = new net.Socket({ fd: outgoing, readable: false });
const unreadable = new net.Socket({ fd: wrong });
const show = (label, socket) => {
  trace(label, socket.readable, socket.writable, socket.readyState, socket.pending,
        socket.connecting, socket.destroyed, socket.bytesRead, socket.bytesWritten,
        socket.localPort ?? null, socket.remoteAddress ?? null, socket.bufferSize ?? null,
        socket.address());
};
show('reader', reader);
show('writer', writer);
new Side('reader').watch(reader, ...EVENTS);
new Side('writer').watch(writer, ...EVENTS.filter((event) => event !== 'data'));
new Side('unreadable').watch(unreadable, 'error', 'close');
attempt('reset', () => writer.resetAndDestroy());
attempt('no delay', () => writer.setNoDelay() === writer);
attempt('keep-alive', () => writer.setKeepAlive(true, 5000) === writer);
attempt('type of service', () => writer.setTypeOfService(8).getTypeOfService());
unreadable.on('close', () => {
  writer.write('through ', () => {
    show('writer', writer);
    reader.once('data', () => {
      show('reader', reader);
      writer.end('the pipe');
    });
  });
});
reader.on('close', () => show('reader', reader));
writer.on('close', () => show('writer', writer));
