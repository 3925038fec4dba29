'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { test } = require('node:test');

const { inRoot } = require('../../scripts/setup/root');
const { filesOfMainPackage } = require('../support/package-files');

const MOST_BYTES = 300_000;

test('the package has what is needed to run it, and its types', () => {
  // npm 11 and before answer with a list, npm 12 with an object.
  const [packed] = Object.values(
    JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
        cwd: inRoot(),
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        shell: process.platform === 'win32',
      }),
    ),
  );

  assert.deepEqual(
    packed.files.map((file) => file.path).sort(),
    filesOfMainPackage(),
  );
  assert.ok(packed.size <= MOST_BYTES, `${packed.size} bytes`);
});

test('nothing is run when it is installed', () => {
  const { scripts } = require('../../package.json');

  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) {
    assert.equal(scripts[name], undefined);
  }
});
