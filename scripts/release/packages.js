'use strict';

const { execFileSync } = require('node:child_process');
const path = require('node:path');

const { inRoot } = require('../setup/root');
const { platforms } = require('./versions');

/** Bytes of a tarball at most. */
const MOST = { main: 300_000, platform: 1_000_000 };

/**
 * What `npm publish` would send for each package.
 *
 * @returns {{name: string, version: string, size: number, files: string[], faults: string[]}[]}
 */
function packagesAsPublished() {
  return [describe('.', MOST.main, []), ...platforms().map(describePlatform)];
}

function describePlatform(platform) {
  return describe(path.join('npm', platform), MOST.platform, [
    `hawser.${platform}.node`,
    'README.md',
    'LICENSE',
  ]);
}

function describe(folder, most, needed) {
  const [{ name, version, size, files }] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
      cwd: inRoot(folder),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
    }),
  );
  const paths = files.map((file) => file.path);
  const faults = needed
    .filter((file) => !paths.includes(file))
    .map((file) => `${file} is missing`);
  if (size > most) faults.push(`has ${size} bytes, more than ${most}`);
  return { name, version, size, files: paths, faults };
}

module.exports = { packagesAsPublished };
