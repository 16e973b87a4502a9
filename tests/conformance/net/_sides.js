'use strict';
// What the scenarios share: notes of each side kept apart, peers that reset, fresh directories.

const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { line, newPort, trace, write } = require('../conformance_trace');

const sides = [];
const reserved = [];

/** Notes what one side sees; all notes are written at the end, side by side. */
class Side {
  constructor(name) {
    this.name = name;
    this.notes = [];
    sides.push(this);
  }

  note(label, ...args) {
    this.notes.push(line(`${this.name}: ${label}`, ...args));
  }

  /** Note these events of an emitter, with their arguments. */
  watch(emitter, ...events) {
    for (const event of events) {
      emitter.on(event, (...args) => this.note(event, ...args));
    }
    return emitter;
  }
}

process.on('exit', () => {
  for (const { notes } of sides) {
    notes.forEach(write);
  }
});

/** Trace what a call gives or throws. */
function attempt(label, fn) {
  try {
    trace(label, fn());
  } catch (err) {
    trace(label, 'threw', err);
  }
}

/** Listen on the loopback address, name the port, go on. */
function listenLocally(server, then) {
  return server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    newPort(port);
    then(port);
  });
}

/** Accept one connection and reset it as soon as it has sent something. */
function resettingPeer(then) {
  const server = net.createServer((socket) => {
    server.close();
    socket.on('error', () => {});
    socket.once('data', () => socket.resetAndDestroy());
  });
  listenLocally(server, then);
}

/** Go on after several round trips of another connection: what was on its way has come. */
function settle(then) {
  const server = net.createServer((socket) => {
    server.close();
    socket.on('data', (data) => socket.write(data));
  });
  server.listen(0, '127.0.0.1', () => {
    let left = 10;
    const client = net.connect(server.address().port, '127.0.0.1');
    client.write('x');
    client.on('data', () => {
      left -= 1;
      if (left) {
        client.write('x');
      } else {
        client.destroy();
        then();
      }
    });
  });
}

/** Go on as soon as the condition holds. */
function until(condition, then) {
  if (condition()) {
    then();
  } else {
    setImmediate(() => until(condition, then));
  }
}

/** A new empty directory, removed at the end. */
function freshDirectory() {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'gn-'));
  process.on('exit', () => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A port where nobody listens; it stays reserved where Node can bind without listening. */
function freePort(then) {
  if (net.BoundSocket) {
    reserved.push(new net.BoundSocket({ host: '127.0.0.1' }));
    const { port } = reserved.at(-1).address();
    newPort(port);
    then(port);
    return;
  }
  const server = net.createServer();
  listenLocally(server, (port) => server.close(() => then(port)));
}

module.exports = {
  Side, attempt, freePort, freshDirectory, listenLocally, resettingPeer, settle, until,
};
