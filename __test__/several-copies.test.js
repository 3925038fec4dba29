'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { BINARIES, installCopies } = require('./support/copies');
const { runProgram } = require('./support/programs');

for (const binaries of Object.keys(BINARIES)) {
  test(`copies whose binary is ${binaries} talk to each other`, async (t) => {
    const copies = installCopies(t, ['ws', 'hawser', 'third'], binaries);

    const program = runProgram(t, 'several-copies', ...copies);

    const { code, stdout, stderr } = await program.ended;
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '10 pairs, 2000 answers\n');
  });
}

for (const binaries of ['shared', 'own']) {
  test(`copies whose binary is ${binaries} end with their workers`, async (t) => {
    const copies = installCopies(t, ['ws', 'hawser', 'third'], binaries);

    const program = runProgram(t, 'copies-in-workers', ...copies);

    const { code, signal, stdout, stderr } = await program.ended;
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, stderr);
    assert.equal(stdout, '4 rounds\n');
  });
}

for (const [what, binary, ...args] of [
  ['modules', 'shared'],
  ['binary', 'own', 'too'],
]) {
  test(`connections outlive the ${what} that made them`, async (t) => {
    const [copy] = installCopies(t, ['ws'], binary);

    const program = runProgram(t, 'reloaded', copy, ...args);

    const { code, stdout, stderr } = await program.ended;
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '15 copies\n');
    // Nor does the process get a listener with each of them, of which Node would warn.
    assert.equal(stderr, '');
  });
}
