'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { inRoot } = require('../../scripts/setup/root');

const CRATES_IO = 'registry+https://github.com/rust-lang/crates.io-index';
/** Each with the crates that are our own, and come from nowhere. */
const CARGO_LOCKS = {
  'Cargo.lock': 1,
  'bench/loadgen/Cargo.lock': 1,
  'fuzz/Cargo.lock': 2,
};
const NPM_LOCKS = [
  'package-lock.json',
  'bench/peers/package-lock.json',
  '__test__/ecosystem/package-lock.json',
  '__test__/install/package-lock.json',
  'docs/site/package-lock.json',
];

test('hawser brings no package of npm with it', () => {
  const { dependencies } = require('../../package.json');
  assert.equal(dependencies, undefined);
});

test('every crate is locked with a checksum and comes from crates.io', () => {
  for (const [lock, own] of Object.entries(CARGO_LOCKS)) {
    const packages = read(lock).split('[[package]]').slice(1);
    const ours = packages.filter((entry) => !entry.includes('\nsource = '));
    assert.equal(ours.length, own, `${own} of ${lock} are our own`);
    const astray = packages.filter((entry) => {
      const isLocked = /\nchecksum = "[0-9a-f]{64}"\n/.test(entry);
      const isFromThere = entry.includes(`\nsource = "${CRATES_IO}"\n`);
      return !ours.includes(entry) && !(isLocked && isFromThere);
    });
    assert.deepEqual(astray, [], lock);
  }
});

test('every package of npm is locked with a checksum and comes from the registry', () => {
  for (const lock of NPM_LOCKS) {
    const { packages } = JSON.parse(read(lock));
    const installed = Object.entries(packages).filter(([name]) => name !== '');
    assert.ok(installed.length > 0, lock);
    // No `resolved`: where the registry is, is for whoever installs to say.
    const astray = installed.filter(
      ([, { integrity, resolved, link, inBundle }]) =>
        link || resolved || !(inBundle || integrity?.startsWith('sha512-')),
    );
    assert.deepEqual(astray, [], lock);
  }
});

test('every lock file is audited', () => {
  const workflow = read('.github/workflows/audit.yml');
  for (const lock of NPM_LOCKS) {
    const folder = path.posix.dirname(lock);
    const item = folder === '.' ? "'.'" : folder;
    assert.ok(workflow.includes(`\n          - ${item}\n`), lock);
  }
  const [, manifests] = /manifest: \[(.*)\]/.exec(workflow);
  assert.deepEqual(
    manifests.split(', ').map((file) => file.replace('.toml', '.lock')),
    Object.keys(CARGO_LOCKS),
  );
});

test('every crate has a licence that deny.toml allows', () => {
  const [, list] = /^allow = \[([^\]]*)\]/m.exec(read('deny.toml'));
  const allowed = new Set(list.split(',').map((name) => JSON.parse(name)));
  const metadata = metadataOf('Cargo.toml');
  const refused = metadata.packages
    .filter(({ license }) => !isAllowed(license ?? '', allowed))
    .map(({ name, license }) => `${name}: ${license}`);
  assert.deepEqual(refused, []);
});

test('the addon and the library that is fuzzed are made of the same crates', () => {
  const [addon, library] = [
    ['Cargo.toml', 'hawser'],
    ['fuzz/engine/Cargo.toml', 'hawser-engine'],
  ].map(([manifest, wanted]) => {
    const { packages } = metadataOf(manifest, '--no-deps');
    const found = packages.find(({ name }) => name === wanted);
    return found.dependencies.filter(
      ({ kind, optional }) => kind === null && !optional,
    );
  });
  assert.ok(addon.length > 0);
  assert.deepEqual(library, addon);
});

function metadataOf(manifest, ...args) {
  const output = execFileSync(
    'cargo',
    [
      'metadata',
      ...['--locked', '--format-version', '1'],
      ...['--manifest-path', inRoot(manifest)],
      ...args,
    ],
    {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  return JSON.parse(output);
}

/** Every part that is joined by AND must leave a choice that is allowed; older crates write a slash for OR. */
function isAllowed(expression, allowed) {
  return expression.split(' AND ').every((part) =>
    part
      .replace(/[()]/g, '')
      .split(/ OR | ?\/ ?/)
      .some((license) => allowed.has(license)),
  );
}

function read(file) {
  return fs.readFileSync(inRoot(...file.split('/')), 'utf8');
}
