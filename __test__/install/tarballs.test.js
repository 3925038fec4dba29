'use strict';

// What is in the packages that were published.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { filesOfMainPackage } = require('../support/package-files');
const {
  built,
  empty,
  fromThisClone,
  storage,
  version,
} = require('./support/situation');
const { filesOfTarball } = require('./support/tarball');

const ROOT = path.join(__dirname, '..', '..');
/** Bytes, as downloaded and as installed. */
const MOST_OF_MAIN = { packed: 300_000, unpacked: 600_000 };
const MOST_OF_BINARY = { packed: 1_000_000, unpacked: 2_000_000 };
/** Run by package managers at installation, where they are allowed to. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare'];

test('the main package has what is needed to run it, and its types', () => {
  const files = filesOf('hawser');
  assert.deepEqual([...files.keys()].sort(), filesOfMainPackage());
  assertIsSmall('hawser', files, MOST_OF_MAIN);
});

test('the main package asks for the package of every platform, of its own version', () => {
  const { optionalDependencies, dependencies } = manifestOf('hawser');
  const expected = [...built, ...empty].map((name) => [
    `hawser-${name}`,
    version,
  ]);

  assert.deepEqual(optionalDependencies, Object.fromEntries(expected));
  assert.equal(dependencies, undefined);
});

for (const platform of [...built, ...empty]) {
  const name = `hawser-${platform}`;
  const binary = `hawser.${platform}.node`;

  test(`${name} has the binary and the licences of what is in it`, () => {
    const files = filesOf(name);
    assert.deepEqual(
      [...files.keys()].sort(),
      ['LICENSE', 'README.md', 'package.json', binary].sort(),
    );
    assert.match(text(files.get('LICENSE')), /^## tokio \d/m);
    assert.match(text(files.get('LICENSE')), /MIT License/);
    assertIsSmall(name, files, MOST_OF_BINARY);
  });
}

for (const name of [
  'hawser',
  ...built.map((platform) => `hawser-${platform}`),
]) {
  test(`${name} runs nothing when it is installed`, () => {
    const { scripts = {} } = manifestOf(name);
    assert.deepEqual(
      INSTALL_SCRIPTS.filter((script) => script in scripts),
      [],
    );
    // npm would build a package that has this file.
    assert.ok(!filesOf(name).has('binding.gyp'));
  });
}

// `npm run build` leaves the paths of the sources in messages of panics; what is published is built otherwise.
for (const platform of [
  '',
  ...built.filter((name) => name !== fromThisClone),
]) {
  const name = platform ? `hawser-${platform}` : 'hawser';

  test(`${name} says nothing of the machine that it was made on`, () => {
    for (const [file, bytes] of filesOf(name)) {
      for (const place of [ROOT, os.homedir(), os.tmpdir()]) {
        const at = bytes.indexOf(`${place}${path.sep}`);
        const found = text(bytes.subarray(at, at + 80));
        assert.equal(at, -1, `${file} has ${JSON.stringify(found)}`);
      }
    }
  });
}

function assertIsSmall(name, files, most) {
  const packed = fs.statSync(tarballOf(name)).size;
  const unpacked = [...files.values()].reduce(
    (sum, { length }) => sum + length,
    0,
  );
  console.log(
    `${name}: ${files.size} files, ${packed} bytes packed, ${unpacked} unpacked`,
  );
  assert.ok(packed <= most.packed, `${packed} bytes`);
  assert.ok(unpacked <= most.unpacked, `${unpacked} bytes`);
}

function manifestOf(name) {
  return JSON.parse(text(filesOf(name).get('package.json')));
}

function filesOf(name) {
  return filesOfTarball(tarballOf(name));
}

function tarballOf(name) {
  return path.join(storage, name, `${name}-${version}.tgz`);
}

function text(bytes) {
  return bytes.toString('latin1');
}
