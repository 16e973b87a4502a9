// An unreferenced server keeps nothing alive, whether that was said before it listened or after.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { Side, listenLocally } = require('./_sides');

const early = new Side('before');
const late = new Side('after');
const back = new Side('taken back');

const before = net.createServer();
early.note('unref', before.unref() === before, before.unref() === before);
before.on('close', () => trace('never'));
before.listen(0, () => early.note('listens'));

const after = net.createServer();
after.on('close', () => trace('never'));
listenLocally(after, (port) => {
  after.on('connection', (socket) => {
    late.note('connection');
    socket.on('data', (data) => socket.end(data));
  });
  late.note('unref', after.unref() === after, after.listening);
  // A connection keeps the process, though its server does not.
  const client = net.connect(port, '127.0.0.1');
  client.on('data', (data) => late.note('data', data)).on('close', () => late.note('client closed'));
  client.write('hello');
});

const taken = net.createServer();
taken.unref();
back.note('ref', taken.ref() === taken);
taken.on('close', () => back.note('close'));
taken.listen(0, '127.0.0.1', () => taken.close());
process.on('beforeExit', () => trace('exit', before.listening, after.listening, taken.listening));
