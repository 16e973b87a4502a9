// The mode of a socket file: what the umask leaves, or exactly what readableAll and writableAll say.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { trace } = require('../conformance_trace');
const { freshDirectory } = require('./_sides');

const directory = freshDirectory();
let made = 0;
const cases = [
  {}, { readableAll: true }, { writableAll: true }, { readableAll: true, writableAll: true },
  { readableAll: 1, writableAll: 'yes' }, { readableAll: false },
];

for (const umask of [0o022, 0o077]) {
  process.umask(umask);
  for (const options of cases) {
    made += 1;
    const place = path.join(directory, `s${made}`);
    const server = net.createServer();
    server.listen({ path: place, ...options });
    trace('mode', umask, options, fs.statSync(place).mode & 0o777, server.listening);
    server.close();
    trace('removed', !fs.existsSync(place));
  }
}
