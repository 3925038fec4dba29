'use strict';

// hawser only: where the bytes are moved.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const canMove = require('./support/can-move');
const { runProgram } = require('./support/programs');

test('what is sent to many at once is written by I/O threads, in order', async (t) => {
  if (process.platform !== 'linux') return;

  const program = runProgram(t, 'burst');

  const { code, stdout, stderr } = await program.ended;

  assert.equal(code, 0, stderr);
  assert.match(stdout, /^out of order: 0$/m);
  if (!canMove) return;
  assert.match(stdout, /^before: 0$/m);
  assert.match(stdout, /^after: [1-9]/m);
});
