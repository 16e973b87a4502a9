// A pipeline begins with a list, a generator function or what that returns.
'use strict';

const { pipeline } = require('node:stream');
const { Side } = require('../net/_sides');
const { noting, over, pair, settled } = require('./_pair');

const words = function* () {
  yield 'one ';
  yield Buffer.from('two ');
  yield 'three';
};

const failing = function* () {
  yield 'one ';
  throw new Error('no more');
};

const sources = {
  'list': () => ['one ', 'two'],
  'empty list': () => [],
  'generator': () => words(),
  'function': () => words,
  'function that gives a list': () => () => ['one ', 'two'],
  'failing generator': () => failing(),
  'failing function': () => failing,
  'function that fails': () => () => {
    throw new Error('at once');
  },
};

const main = async () => {
  for (const [name, make] of Object.entries(sources)) {
    const side = new Side(name);
    const [destination, reader] = await pair();
    const parts = [];
    reader.on('data', (data) => parts.push(data));
    reader.on('end', () => side.note('end'));
    reader.on('error', () => {});
    destination.on('error', () => {});
    try {
      side.note('gives', pipeline(make(), destination, noting(side, 'done')) === destination);
    } catch (err) {
      side.note('threw', err);
    }
    await settled();
    side.note('came', Buffer.concat(parts), destination.destroyed, destination.writableFinished);
    await over(destination, reader);
  }
};

main();
