// blockList must be a BlockList; what counts as false is none at all.
'use strict';

const net = require('node:net');
const { attempt } = require('./_sides');

class Widget {}

for (const value of [5, 'x', true, new Widget()]) {
  attempt('blockList', () => net.createServer({ blockList: value }));
}
for (const value of [0, '', false, null]) {
  attempt('none', () => net.createServer({ blockList: value }).blockList ?? null);
}
const list = new net.BlockList();
attempt('a list', () => net.createServer({ blockList: list }).blockList === list);
