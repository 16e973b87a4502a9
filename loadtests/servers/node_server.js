// The server under load on Node's net. node_server.py starts it, with these arguments:
//   the descriptors of a bound socket and of the "gate", the backlog, the limit (0 for none).
// Its standard output is one JSON line when it listens, and one per command read from standard
// input: "report", or "pause", after which it stands still until the gate lets it through.
// It ends with standard input, or with the gate.
'use strict';

const fs = require('node:fs');
const net = require('node:net');

const GREETING = 'hello\n';
const [listener, gate, backlog, limit] = process.argv.slice(2).map(Number);

let accepted = 0;
let dropped = 0;
let peak = 0;

const ignore = () => {}; // what the network did; 'close' follows
// The number is taken when it is asked for, although it is told later. So the peak is exact.
const notePeak = (_, connections) => { peak = Math.max(peak, connections); };

const server = net.createServer((socket) => {
  accepted += 1;
  server.getConnections(notePeak);
  socket.on('error', ignore);
  socket.write(GREETING);
  socket.on('data', (data) => socket.write(data));
});
if (limit > 0) server.maxConnections = limit;
server.on('drop', () => { dropped += 1; });

function tell(what) {
  fs.writeSync(1, `${JSON.stringify(what)}\n`);
}

function report(then) {
  server.getConnections((_, connections) => {
    tell({ connections, peak_connections: peak, accepted, dropped });
    then();
  });
}

function standStill() {
  const bytes = fs.readSync(gate, Buffer.alloc(1));
  if (bytes === 0) process.exit(0); // nobody is left who could open the gate
}

const COMMANDS = { report: () => report(ignore), pause: () => report(standStill) };

server.listen({ fd: listener }, backlog, () => {
  tell({ version: process.versions.node, pid: process.pid });
});

let unread = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (text) => {
  const lines = (unread + text).split('\n');
  unread = lines.pop();
  for (const line of lines) COMMANDS[line]();
});
process.stdin.on('end', () => process.exit(0));
