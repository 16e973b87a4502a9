'use strict';
// What the scenarios of streams share: two connected sockets, and steps taken when all is quiet.

const { once } = require('node:events');
const net = require('node:net');
const path = require('node:path');
const { freshDirectory, settle } = require('../net/_sides');

const directory = freshDirectory();
let made = 0;

/** Go on when all that was on its way has come and was told. */
const settled = () => new Promise(settle);

/** Two connected sockets, which take the same options; nobody listens to them yet. */
const pair = async (options = {}) => {
  made += 1;
  const file = path.join(directory, String(made));
  const server = net.createServer(options).listen(file);
  await once(server, 'listening');
  const client = net.connect({ path: file, ...options });
  const [peer] = await once(server, 'connection');
  server.close();
  await settled();
  return [client, peer];
};

/** Write each chunk when the one before has come. */
const feed = async (socket, ...chunks) => {
  for (const chunk of chunks) {
    socket.write(chunk);
    await settled();
  }
};

/** End the case, one socket after the other. */
const over = async (...sockets) => {
  for (const socket of sockets) {
    socket.destroy();
    await settled();
  }
};

/** Note what a call gives or throws. */
const attempt = (side, label, fn) => {
  try {
    side.note(label, fn());
  } catch (err) {
    side.note(label, 'threw', err);
  }
};

/** A callback that notes its error, or null. */
const noting = (side, label) => (err) => side.note(label, err ?? null);

module.exports = { attempt, feed, noting, over, pair, settled };
