'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { within } = require('../support/waiting');

const PROGRAM = path.join(__dirname, 'programs', 'only-required.js');

// Only Deno can be told to load no native code.
if (process.versions.deno) {
  test('three permissions are enough to load hawser', async (t) => {
    const allowed = ['--allow-read', '--allow-env', '--allow-ffi'];

    const { code, stdout } = await runWith(t, allowed);

    assert.equal(stdout, 'only-required: done\n');
    assert.equal(code, 0);
  });

  test('without --allow-ffi one error says what is missing', async (t) => {
    const { code, stderr } = await runWith(t, ['--allow-read', '--allow-env']);

    assert.match(stderr, /hawser has no native binary/);
    assert.match(stderr, /The loader said: Requires ffi access/);
    assert.equal(code, 1);
  });
}

function runWith(t, permissions) {
  const child = spawn('deno', ['run', '--no-prompt', ...permissions, PROGRAM], {
    env: { ...process.env, PATH: path.dirname(process.execPath) },
  });
  t.after(() => child.kill('SIGKILL'));
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8');
    child[stream].on('data', (text) => (texts[stream] += text));
  }
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...texts }));
  });
  return within(ended, 'deno did not end');
}
