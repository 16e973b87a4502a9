// An address and perhaps a port in one text; undefined for anything else.
'use strict';

const { SocketAddress } = require('node:net');
const { trace } = require('../conformance_trace');

for (const text of ['1.2.3.4:81', '1.2.3.4', '1.2.3.4:', '1.2.3.4:0', '1.2.3.4:0090',
  '1.2.3.4:65535', '[::1]:8080', '[::1]', '[::1]:', '[::]:0', '[2001:DB8::1]:443',
  '[::ffff:1.2.3.4]:90', '[::1.2.3.4]', '1.2.3.4:65536', '1.2.3.4:99999999999', '1.2.3.4:-1',
  '1.2.3.4:abc', '1.2.3.4:+90', '1.2.3.4:9:9', '::1', '::1:90', '[::1', '[::1]x:90', '[1.2.3.4]:90',
  '[fe80::1%lo]:90', '[]:90', '256.1.1.1:1', 'localhost:90', 'example.com', '', 'x', ':', ':90',
  ' 1.2.3.4:90 ', '1.2.3.4 :90', '1.2.3.4: 90']) {
  const parsed = SocketAddress.parse(text);
  trace('parse', text, parsed === undefined ? 'nothing' : parsed.toJSON());
}
trace('made', SocketAddress.isSocketAddress(SocketAddress.parse('1.2.3.4:81')));
for (const bad of [null, 5, true]) {
  try {
    SocketAddress.parse(bad);
  } catch (err) {
    trace('bad', err);
  }
}
