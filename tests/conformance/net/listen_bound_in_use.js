// Of two sockets bound to one port the second to listen fails; the server can listen elsewhere then.
'use strict';

const net = require('node:net');
const { newPort, trace } = require('../conformance_trace');

const one = new net.BoundSocket({ host: '127.0.0.1' });
const { port } = one.address();
newPort(port);
const other = new net.BoundSocket({ host: '127.0.0.1', port });

const first = net.createServer();
const second = net.createServer();
second.on('error', (err) => {
  trace('error', err, second.listening, second.address());
  second.listen(0, '127.0.0.1', () => {
    trace('listening', second.address().address);
    second.close();
    first.close();
  });
});
first.listen(one, () => {
  trace('first', first.address());
  trace('second', second.listen(other) === second, second.listening);
});
