'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { inRoot } = require('../setup/root');
const { SetupError } = require('../setup/setup-error');
const { npm } = require('./npm');

/**
 * @typedef {object} Package
 * @property {object} manifest Its package.json
 * @property {string} [tarball] The file that `npm pack` made of it; none for the platforms that nothing was built for
 */

/**
 * Makes the packages that would be published, from a copy of the clone: the main one, which asks for that of every
 * platform, and the one that holds the binary which was built here.
 *
 * @param {string} folder Where to work; it is created
 * @returns {Promise<Package[]>}
 */
async function packHawser(folder) {
  const platforms = stagePlatforms(folder);
  const main = stageMain(folder, platforms);
  const built = platforms.filter(({ hasBinary }) => hasBinary);
  if (built.length === 0) {
    throw new SetupError(
      'There is no built addon that npm/ has a package for.',
    );
  }

  const packed = await npm(
    ['pack', '--json', '--ignore-scripts', ...[main, ...built].map(toPath)],
    { cwd: folder },
  );
  const tarballs = tarballsOf(packed);
  return [main, ...platforms].map(({ manifest }) => ({
    manifest,
    tarball:
      tarballs[manifest.name] && path.join(folder, tarballs[manifest.name]),
  }));
}

/**
 * One folder for each platform, as in npm/, with the binary where there is one.
 */
function stagePlatforms(folder) {
  return fs.readdirSync(inRoot('npm')).map((platform) => {
    const staged = path.join(folder, 'npm', platform);
    fs.cpSync(inRoot('npm', platform), staged, { recursive: true });
    const manifest = readManifest(staged);
    const hasBinary = fs.existsSync(inRoot(manifest.main));
    if (hasBinary) {
      fs.copyFileSync(inRoot(manifest.main), path.join(staged, manifest.main));
    }
    return { staged, manifest, hasBinary };
  });
}

function stageMain(folder, platforms) {
  const staged = path.join(folder, 'hawser');
  const manifest = readManifest(inRoot());
  // What publishing adds: see "Publishing" in CONTRIBUTING.md.
  manifest.optionalDependencies = Object.fromEntries(
    platforms.map((platform) => [
      platform.manifest.name,
      platform.manifest.version,
    ]),
  );

  // What `files` names ends up in the package; npm takes it from these folders and files, and leaves the rest.
  const entries = ['LICENSE', 'README.md', ...manifest.files];
  for (const entry of entries.map((pattern) => pattern.split('/')[0])) {
    fs.cpSync(inRoot(entry), path.join(staged, entry), { recursive: true });
  }
  fs.writeFileSync(
    path.join(staged, 'package.json'),
    JSON.stringify(manifest, null, 2),
  );
  return { staged, manifest };
}

function toPath({ staged }) {
  // A bare path could be taken for a repository on GitHub.
  return `file:${staged}`;
}

/**
 * npm 11 and before answer with a list, npm 12 with an object.
 */
function tarballsOf(output) {
  const packed = Object.values(JSON.parse(output));
  return Object.fromEntries(
    packed.map(({ name, filename }) => [name, filename]),
  );
}

function readManifest(folder) {
  return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
}

module.exports = { packHawser };
