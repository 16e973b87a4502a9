// A port that was given a name is written by that name wherever it can appear, and only there.
'use strict';

const { portLabel, trace } = require('../conformance_trace');

trace('before', 40001, 'at 127.0.0.1:40001');
trace('names', portLabel(40001), portLabel(40002), portLabel(40001));
trace('arguments', 40001, 40002, 40003, [40001]);
trace('keys', { port: 40001, localPort: 40002, remotePort: 40001, bytes: 40001 });
trace('nested', [{ address: '::1', port: 40002 }]);
trace('text', 'from [::1]:40001 to 1.2.3.4:40002', ':400011', '40001', ':40003');
trace('error', Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:40002'), {
  code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1', port: 40002,
}));
