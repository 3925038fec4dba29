'use strict';

// hawser only: where messages are compressed and inflated.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const canMove = require('./support/can-move');
const { runProgram } = require('./support/programs');

test('large messages are compressed and inflated by I/O threads', async (t) => {
  if (process.platform !== 'linux') return;

  const program = runProgram(t, 'large-messages');

  const { code, stdout, stderr } = await program.ended;
  const workOf = (who) =>
    Number(new RegExp(`^${who}: (.*)$`, 'm').exec(stdout)[1]);

  assert.equal(code, 0, stderr);
  if (!canMove) return;
  assert.ok(workOf('threads') > 3 * workOf('loop'), stdout);
});
