// Every kind of value a scenario may trace has one written form in both languages.
'use strict';

const { trace } = require('../conformance_trace');

trace('nothing');
trace('absent', undefined);
trace('plain', null, true, false, 0, 1, -7, 1.5, 'text', 'é✓', '');
trace('whole numbers', 1.0, 2 ** 40, Number.MAX_SAFE_INTEGER);
trace('not finite', NaN, Infinity, -Infinity);
trace('bytes', Buffer.from('a\u00ff\u0000', 'latin1'), new Uint8Array([104, 105]));
trace('lists', [], [1, ['two', null]], ['a', 'b']);
trace('mapping', { b: 2, a: { c: null } }, {});
trace('function', () => {}, trace, Map);
trace('symbol', Symbol('name'));
trace('object', new (class Widget {})());
trace('promise', Promise.resolve());

trace('error', new Error('went wrong'));
trace('uncoded type error', new TypeError('wrong type'));
trace('coded', Object.assign(new Error('sorry'), { code: 'ABORT_ERR' }));
trace('coded type error', Object.assign(new TypeError('bad type'), { code: 'ERR_TYPE' }));
trace('coded range error', Object.assign(new RangeError('bad value'), { code: 'ERR_RANGE' }));
trace('system error', Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
  code: 'ECONNREFUSED', errno: -111, syscall: 'connect', address: '127.0.0.1', port: 1,
}));
trace('lookup error', Object.assign(new Error('getaddrinfo ENOTFOUND x.invalid'), {
  code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'x.invalid',
}));
