// The socket file of a server that died is in the way; with it removed the server can listen.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { trace } = require('../conformance_trace');
const { freshDirectory } = require('./_sides');

const directory = freshDirectory();
const file = path.join(directory, 'stale');
const other = path.join(directory, 'other');

// Under another name the file outlives its server, as that of one that died.
const dying = net.createServer();
dying.listen(other, () => {
  fs.renameSync(other, file);
  dying.close(() => {
    trace('left behind', fs.existsSync(file));
    const client = net.connect(file);
    client.on('error', (err) => trace('client', err.code, err.syscall));
    client.on('close', (hadError) => {
      trace('client close', hadError);
      const server = net.createServer();
      server.once('error', (err) => {
        trace('error', err.code, err.message.replace(directory, '<dir>'));
        trace('still there', fs.existsSync(file));
        fs.unlinkSync(file);
        server.listen(file, () => {
          trace('listening', fs.existsSync(file));
          server.close(() => trace('closed', fs.existsSync(file)));
        });
      });
      server.listen(file);
    });
  });
});
