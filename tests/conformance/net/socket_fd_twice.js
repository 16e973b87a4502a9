// A descriptor that a socket has cannot be given to another one, until the first has closed it.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { Side, attempt, freshDirectory } = require('./_sides');

const fifo = path.join(freshDirectory(), 'fifo');
execFileSync('mkfifo', [fifo]);
const { O_NONBLOCK, O_RDONLY } = fs.constants;
const fd = fs.openSync(fifo, O_RDONLY | O_NONBLOCK);
const first = new net.Socket({ fd, writable: false });
new Side('first').watch(first, 'end', 'error', 'close');
attempt('second', () => new net.Socket({ fd, writable: false }));
attempt('second, by number', () => new net.Socket(fd));
first.destroy();
first.on('close', () => {
  attempt('closed', () => new net.Socket({ fd }));
});
