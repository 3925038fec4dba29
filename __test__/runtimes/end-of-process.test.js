'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { runHere } = require('./support');

for (const [program, what] of [
  ['only-required', 'that only loaded hawser'],
  ['imported', 'that imported hawser as a module'],
  ['echo', 'whose connections are closed'],
  ['worker', 'whose worker is terminated with a connection open'],
]) {
  test(`a process ends by itself, and in peace, ${what}`, async (t) => {
    const { code, signal, stdout, stderr } = await runHere(t, program);

    assert.equal(stderr, '');
    assert.equal(stdout, `${program}: done\n`);
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
  });
}
