// Options of connect() that are refused, with their messages, and in which order.
'use strict';

const net = require('node:net');
const { attempt } = require('./_sides');

class Widget {}

const cases = [];
const add = (key, values, rest = {}) => values.forEach((value) => cases.push({
  port: 1, host: 'localhost', ...rest, [key]: value,
}));
add('localAddress', ['x', 5, '1.2.3', '::x', true], { host: '127.0.0.1' });
add('localPort', ['5000', true, new Widget(), '0'], { host: '127.0.0.1' });
add('family', ['x', 5, '4', true, -1, 46]);
add('hints', ['x', true, 1, 1024, -1, new Widget()]);
add('lookup', ['x', 5, true, new Widget(), 0]);
add('autoSelectFamily', ['x', 1, 0, new Widget()]);
add('autoSelectFamilyAttemptTimeout', ['x', 0, -1, 1.5, NaN, Infinity, 2 ** 40, true]);
cases.push({ port: 70000, localAddress: 'x' }, { port: -1, localPort: 'x' },
           { port: 1, localAddress: 'x', localPort: 'x' }, { port: 'x', autoSelectFamily: 5 },
           { port: 1, autoSelectFamily: 5, autoSelectFamilyAttemptTimeout: 0 },
           { port: 1, autoSelectFamilyAttemptTimeout: 0, lookup: 5 },
           { port: 1, lookup: 5, family: 5 }, { port: 1, hints: 1, family: 5 },
           { port: 1, host: 5, localAddress: 'x' });

for (const options of cases) {
  attempt('connect', () => {
    net.connect(options);
    return 'connecting';
  });
}
