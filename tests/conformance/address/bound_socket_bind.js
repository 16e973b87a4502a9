// Binding happens in the constructor; the port is known at once.
'use strict';

const net = require('node:net');
const { newPort, trace } = require('../conformance_trace');

const show = (label, options) => {
  const bound = new net.BoundSocket(options);
  newPort(bound.address().port);
  trace(label, bound.address(), bound.fd() > 2, bound.address() === bound.address());
  bound.close();
};

show('default');
show('empty', {});
show('nothing given', { host: null, port: null, ipv6Only: null, reusePort: null });
show('IPv4', { host: '127.0.0.1' });
show('IPv6', { host: '::1' });
show('any IPv6', { host: '::' });
show('IPv6 only', { ipv6Only: true });
show('IPv6 only, of IPv4', { ipv6Only: true, host: '127.0.0.1' });
show('with a zone', { host: '::1%lo' });
show('port as text', { host: '127.0.0.1', port: '0' });
show('shared', { host: '127.0.0.1', reusePort: true });
show('unknown option', { host: '127.0.0.1', other: 1 });

// A port given free can be bound again, and shared if both want it.
const first = new net.BoundSocket({ host: '127.0.0.1', reusePort: true });
const { port } = first.address();
newPort(port);
const second = new net.BoundSocket({ host: '127.0.0.1', port, reusePort: true });
trace('second', second.address());
first.close();
second.close();
const third = new net.BoundSocket({ host: '127.0.0.1', port });
trace('third', third.address());
third.close();
