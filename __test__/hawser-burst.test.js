'use strict';

// hawser only: where the bytes are moved.

const assert = require('node:assert/strict');
const os = require('node:os');
const { test } = require('node:test');
const { runProgram } = require('./support/programs');

const canMove =
  process.platform === 'linux' &&
  os.availableParallelism() > 1 &&
  process.env.HAWSER_TAKEOVER !== '0' &&
  process.env.HAWSER_RESTLESS !== '1';

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
