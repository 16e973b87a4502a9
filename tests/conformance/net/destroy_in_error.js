// destroy() and write() inside 'error' and 'close': nothing more comes of it.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { freePort, resettingPeer } = require('./_sides');

const EVENTS = ['connect', 'drain', 'end', 'finish', 'timeout'];

const watch = (name, client, then) => {
  for (const event of EVENTS) {
    client.on(event, (...args) => trace(`${name} ${event}`, ...args));
  }
  client.on('data', () => trace(`${name} data`));
  client.on('error', (err) => {
    trace(`${name} error`, err, client.destroyed, client.errored === err);
    trace(`${name} destroy`, client.destroy(new Error('one more')) === client);
    client.write('in error', (...args) => trace(`${name} callback`, ...args));
    trace(`${name} still`, client.errored === err);
  });
  client.on('close', (hadError) => {
    trace(`${name} close`, hadError, client.destroyed);
    client.destroy(new Error('too late'));
    client.write('in close', (...args) => {
      trace(`${name} last callback`, ...args);
      then();
    });
  });
};

freePort((port) => {
  watch('refused', net.connect(port, '127.0.0.1'), () => {
    resettingPeer((reset) => {
      const client = net.connect(reset, '127.0.0.1');
      client.write('please');
      watch('reset', client, () => {
        const mine = net.connect(port, '127.0.0.1');
        watch('mine', mine, () => {});
        mine.destroy(new Error('my own'));
      });
    });
  });
});
