'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { runProgram } = require('./support/programs');

test('a listener may throw after it has closed a stream that is gone at once', async (t) => {
  const program = runProgram(t, 'synchronous-close');

  const { code, signal, stdout, stderr } = await program.ended;

  assert.equal(stderr, '');
  assert.deepEqual({ code, signal }, { code: 0, signal: null });
  assert.equal(stdout, '500 of 500 connections heard a message\n');
});
