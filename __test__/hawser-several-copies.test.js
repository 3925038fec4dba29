'use strict';

// hawser only: `ws` has no `configure`.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { installCopies } = require('./support/copies');
const { runProgram } = require('./support/programs');

test(
  'a copy that is loaded later does not undo what the first was told',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const copies = installCopies(t, ['ws', 'hawser'], 'shared');

    const program = runProgram(t, 'configured-copies', ...copies);

    const { code, stdout, stderr } = await program.ended;
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'hawser-io-0 hawser-io-1\n');
  },
);
