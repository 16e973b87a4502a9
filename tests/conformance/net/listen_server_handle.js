// A server that listens can be another one's handle; one that does not is no place to listen.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { attempt, listenLocally } = require('./_sides');

const code = (fn) => {
  try {
    fn();
    return 'passed';
  } catch (err) {
    return err.code;
  }
};

const first = net.createServer();
listenLocally(first, () => {
  const second = net.createServer();
  second.on('error', (err) => trace('error', err));
  second.on('listening', () => trace('listening', second.address()));
  attempt('same place', () => {
    second.listen(first, () => {
      trace('callback', second.listening, first.listening);
      trace('again', code(() => second.listen(first)));
      second.close();
    });
    return [second.listening, second.address()];
  });
  second.on('close', () => trace('close', second.listening, second.address()));
});
first.on('connection', () => trace('never'));
first.unref();

const badHandles = {
  'not listening': [net.createServer()],
  'in options': [{ handle: net.createServer() }],
  'a socket': [new net.Socket()],
  'an empty handle': [{ handle: {} }],
  'null': [{ handle: null }],
};
for (const [name, args] of Object.entries(badHandles)) {
  attempt(name, () => code(() => net.createServer().listen(...args)));
}
const third = net.createServer();
third.listen({ handle: { port: 0 } }, () => {
  trace('options as handle', third.address().port > 0);
  third.close();
});
