'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');

const { SetupError } = require('../setup/setup-error');

/** Where a copy is; packages such as @types/ws are none. */
const WS = path.join('node_modules', 'ws');

/**
 * Makes sure that an installation tests what it is there for: each copy of `ws` in it, and what each package that asks
 * for `ws` gets, is the implementation expected.
 *
 * @param {string} folder The installation
 * @param {'ws' | 'hawser'} expected The name in package.json
 * @throws {SetupError} If anything else is found
 */
function verify(folder, expected) {
  const packages = packagesIn(path.join(folder, 'node_modules'));
  const copies = packages
    .filter(({ location }) => location.endsWith(WS))
    .map(({ location, manifest }) => [location, manifest]);
  const users = packages
    .filter(({ manifest }) => asksForWs(manifest))
    .map(({ location }) => [location, manifestOfWsFor(location)]);

  const wrong = [...copies, ...users]
    .filter(([, manifest]) => manifest?.name !== expected)
    .map(([location, manifest]) => `${location}: ${manifest?.name}`);
  if (wrong.length > 0 || copies.length === 0 || users.length === 0) {
    throw new SetupError(
      `Expected ${expected} in place of ws everywhere in ${folder}, but found:\n${wrong.join('\n') || 'none'}`,
    );
  }
  if (expected === 'hawser') verifyBinary(folder);
}

/**
 * The binary has to be the one that was installed; a variable or a build lying about could have given another one.
 */
function verifyBinary(folder) {
  const program = `require('ws');
    console.log(JSON.stringify(Object.keys(require.cache)))`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['-e', program],
    { cwd: folder, encoding: 'utf8' },
  );
  if (status !== 0) throw new SetupError(`hawser does not load:\n${stderr}`);

  const inside = path.join(fs.realpathSync(folder), 'node_modules', 'hawser-');
  const binaries = JSON.parse(stdout).filter((file) => file.endsWith('.node'));
  if (binaries.length !== 1 || !binaries[0].startsWith(inside)) {
    throw new SetupError(
      `Expected one binary from ${inside}*, but loaded: ${binaries.join(', ') || 'none'}`,
    );
  }
}

function packagesIn(modules) {
  return packageFoldersIn(modules).flatMap((location) => {
    const manifest = readManifest(location);
    const below = packagesIn(path.join(location, 'node_modules'));
    return manifest ? [{ location, manifest }, ...below] : below;
  });
}

function packageFoldersIn(modules) {
  return foldersIn(modules).flatMap((folder) =>
    path.basename(folder).startsWith('@') ? foldersIn(folder) : [folder],
  );
}

function foldersIn(folder) {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => path.join(folder, entry.name));
}

function asksForWs({ dependencies, optionalDependencies, peerDependencies }) {
  return [dependencies, optionalDependencies, peerDependencies].some(
    (wanted) => wanted?.ws !== undefined,
  );
}

/** A package may have no `ws` at all, where that is an optional peer; here it always has one. */
function manifestOfWsFor(location) {
  const parents = createRequire(path.join(location, 'x')).resolve.paths('ws');
  const parent = parents.find((one) => readManifest(path.join(one, 'ws')));
  return parent && readManifest(path.join(parent, 'ws'));
}

function readManifest(location) {
  const file = path.join(location, 'package.json');
  if (!fs.existsSync(file)) return undefined;
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

module.exports = { verify };
