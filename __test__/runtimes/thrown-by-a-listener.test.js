'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { runHere } = require('./support');

test('an exception of a listener ends the process and is printed', async (t) => {
  const { code, stderr } = await runHere(t, 'thrown-by-a-listener');

  assert.match(stderr, /thrown by a listener/);
  assert.equal(code, 1);
});

test('an exception of a listener reaches uncaughtException, and the next message comes', async (t) => {
  const { code, stdout } = await runHere(t, 'thrown-by-a-listener', 'handled');

  assert.equal(stdout, 'caught: thrown by a listener\nmessage: next\n');
  assert.equal(code, 0);
});
