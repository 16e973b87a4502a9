// Rules go out as texts and come in again; what is no rule is passed over.
'use strict';

const { BlockList } = require('node:net');
const { trace } = require('../conformance_trace');

const blocked = new BlockList();
blocked.addAddress('10.0.0.5');
blocked.addAddress('2001:db8::1', 'ipv6');
blocked.addRange('192.168.2.1', '192.168.2.10');
blocked.addRange('2001:db8::1', '2001:db8::10', 'ipv6');
blocked.addSubnet('192.168.1.0', 24);
blocked.addSubnet('2001:db8:1234::', 48, 'ipv6');
trace('toJSON', blocked.toJSON());

const restored = new BlockList();
restored.fromJSON(blocked.toJSON());
trace('from the list', restored.rules);
restored.fromJSON(JSON.stringify(blocked));
trace('from its text', restored.rules);
trace('check', restored.check('192.168.1.77'), restored.check('2001:db8::2', 'ipv6'));

const read = (data) => {
  const list = new BlockList();
  try {
    list.fromJSON(data);
    trace('read', data, list.rules);
  } catch (err) {
    // How objects and lists are named is each language's own affair.
    if (err.code === 'ERR_INVALID_ARG_VALUE' || err.message.includes('an instance of')) {
      trace('refused', data, err.code, list.rules);
    } else {
      trace('refused', data, err, list.rules);
    }
  }
};
for (const data of [
  [], '[]', ['nonsense'], [''], ['Address: IPv4'], ['Subnet: IPv4 1.1.1.1'],
  ['xx Address: IPv4 1.2.3.4 yy'], ['address: ipv4 1.2.3.4'], ['ADDRESS: IPv6 ::1'],
  ['Address: IPv6 ABCD::1'], ['address: ipv6 ::1'], ['Address: IPv4 ::1'],
  ['Subnet: IPv4 1.2.3.4/33'], ['Subnet: IPv4 1.2.3.4/333'], ['Subnet: IPv6 ::/129'],
  ['Address: IPv4 999.2.3.4'], ['Address: IPv6 :'], ['Range: IPv4 1.2.3.4-1.2.3.2'],
  ['Address: IPv6 1.2.3.4'], ['Subnet: IPv6 1.2.3.4/32'], ['Range: IPv6 1.2.3.0-10.0.0.1'],
  ['Address: IPv6 1.2.3.4 Address: IPv6 ::2'], ['Range: IPv6 ::1-1.2.3.4'],
  ['Address: IPv6 1.2::5'],
  ['Range: IPv4 1.2.3.4-::1'], ['Address: IPv4 1.1.1.1 Address: IPv6 ::1'],
  ['Address: IPv6 ::1 Subnet: IPv4 1.1.1.1/8'], ['Range: IPv4 1.1.1.1-1.1.1.2 Address: IPv6 ::1'],
  ['Address: IPv4 1.1.1.1', 'Address: IPv4 300.1.1.1', 'Address: IPv4 2.2.2.2'],
  null, 5, true, 'null', '5', '"a"', ['Address: IPv4 1.1.1.1', 5], '[null]',
]) {
  read(data);
}
