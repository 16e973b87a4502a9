// readableFlowing, and the 'pause' and 'resume' events, through every way to stop and start.
'use strict';

const net = require('node:net');
const { trace } = require('../conformance_trace');
const { Side } = require('./_sides');

const steps = [
  ['resume', (socket) => socket.resume()],
  ['pause', (socket) => socket.pause()],
  ['data listener', (socket) => socket.on('data', () => {})],
  ['end listener', (socket) => socket.on('end', () => {})],
  ['removed', (socket) => socket.removeAllListeners('data')],
  ['encoding', (socket) => socket.setEncoding('utf8')],
];
const plans = [
  ['resume', 'pause', 'resume', 'resume'], ['pause', 'pause', 'resume', 'pause'],
  ['pause', 'data listener', 'resume'], ['data listener', 'pause', 'data listener'],
  ['data listener', 'removed', 'pause', 'resume'], ['end listener', 'data listener'],
  ['encoding', 'pause', 'resume'], ['pause', 'end listener', 'encoding'],
];

for (const plan of plans) {
  const side = new Side(plan.join(', '));
  const socket = new net.Socket();
  side.watch(socket, 'pause', 'resume');
  side.note('new', socket.readableFlowing);
  for (const name of plan) {
    const [, act] = steps.find(([step]) => step === name);
    const result = act(socket);
    side.note(name, result === socket, socket.readableFlowing);
  }
}
trace('done');
