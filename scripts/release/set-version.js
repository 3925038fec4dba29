'use strict';

/*
 * The `version` script of package.json: `npm version 1.2.3` has set it in package.json and package-lock.json, and this
 * sets it everywhere else, moves what is new in CHANGELOG.md under it, and adds it all to the commit that npm makes.
 */

const { execFileSync } = require('node:child_process');

const { ROOT, inRoot } = require('../setup/root');
const { withRelease } = require('./changelog');
const { readJson, rewrite } = require('./project');
const {
  CARGO_LOCKS,
  IN_CARGO_LOCK,
  IN_CARGO_TOML,
  IN_DOCUMENTS,
  documents,
  isFinal,
} = require('./versions');

main();

function main() {
  const { version } = readJson('package.json');
  const today = new Date().toISOString().slice(0, 10);
  // First what may fail.
  rewrite('CHANGELOG.md', (text) => withRelease(text, version, today));

  rewrite('Cargo.toml', (text) => text.replace(IN_CARGO_TOML, `$1${version}`));
  for (const lock of CARGO_LOCKS) {
    rewrite(lock, (text) => text.replace(IN_CARGO_LOCK, `$1${version}`));
  }
  if (isFinal(version)) {
    for (const file of documents()) {
      rewrite(file, (text) => text.replace(IN_DOCUMENTS, `$1${version}`));
    }
  }
  const cli = inRoot('node_modules', '@napi-rs', 'cli', 'dist', 'cli.js');
  run(process.execPath, [cli, 'version']);

  const changed = [
    'CHANGELOG.md',
    'Cargo.toml',
    ...CARGO_LOCKS,
    'npm',
    ...documents(),
  ];
  run('git', ['add', '--', ...changed]);
}

function run(program, args) {
  execFileSync(program, args, {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
