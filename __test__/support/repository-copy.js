'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { ROOT } = require('../../scripts/setup/root');

/** What a release is made of, and the scripts that make it. */
const PARTS = [
  '.github/workflows/ci.yml',
  'CHANGELOG.md',
  'Cargo.lock',
  'Cargo.toml',
  'LICENSE',
  'README.md',
  'browser.js',
  'docs',
  'examples',
  'fuzz/Cargo.lock',
  'index.d.mts',
  'index.d.ts',
  'index.js',
  'lib',
  'npm',
  'package-lock.json',
  'package.json',
  'scripts',
  'types',
  'wrapper.mjs',
];

/**
 * A copy of the repository that a test may spoil: as it is in git, without what was built or installed.
 *
 * @returns {{folder: string, remove: function(): void}}
 */
function copyRepository() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hawser-release-'));
  for (const part of PARTS) {
    fs.cpSync(path.join(ROOT, part), path.join(folder, part), {
      recursive: true,
      filter: (file) => !/(?:node_modules|\.node|npm.*LICENSE)$/.test(file),
    });
  }
  return {
    folder,
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

module.exports = { copyRepository };
