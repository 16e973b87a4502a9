// The emitter of Node; see __init__.py for the agreement.
'use strict';

const { EventEmitter } = require('node:events');
const { createInterface } = require('node:readline');
const { performance } = require('node:perf_hooks');

const BATCH = 2000;

const emitter = new EventEmitter();
let heard = 0;
for (let number = 0; number < Number(process.argv[2]); number++) {
  // A listener that does nothing at all might be compiled away.
  emitter.on('data', (chunk) => { heard += chunk.length; });
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const deadline = performance.now() + Number(line) * 1000;
  let count = 0;
  while (performance.now() < deadline) {
    for (let number = 0; number < BATCH; number++) emitter.emit('data', 'chunk');
    count += BATCH;
  }
  process.stdout.write(`${count}\n`);
}).on('close', () => process.exit(heard < 0 ? 1 : 0));
