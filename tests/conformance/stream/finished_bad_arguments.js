// finished() refuses at once what is no stream, no options, no callback, no signal.
'use strict';

const { finished } = require('node:stream');
const { Side } = require('../net/_sides');
const { attempt, over, pair } = require('./_pair');

class Thing {}

const main = async () => {
  const side = new Side('client');
  const [client, peer] = await pair();
  const never = () => side.note('called');
  attempt(side, 'no stream', () => finished(new Thing(), never));
  attempt(side, 'null', () => finished(null, never));
  attempt(side, 'number', () => finished(5, {}, never));
  attempt(side, 'callback', () => finished(client, {}, 5));
  attempt(side, 'text', () => finished(client, {}, 'text'));
  attempt(side, 'options', () => finished(client, 5, never));
  attempt(side, 'text options', () => finished(client, 'text', never));
  attempt(side, 'signal', () => finished(client, { signal: 5 }, never));
  attempt(side, 'thing as signal', () => finished(client, { signal: new Thing() }, never));
  await over(client, peer);
};

main();
