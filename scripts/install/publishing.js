'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { npm } = require('../ecosystem/npm');
const { writeLicences } = require('../release/licences');
const { platforms } = require('../release/versions');
const { inRoot } = require('../setup/root');
const { SetupError } = require('../setup/setup-error');

/**
 * @typedef {object} Published
 * @property {string} version
 * @property {string[]} built The platforms whose package has its binary, that of `npm run build:all` or of this clone
 * @property {string} fromThisClone The platform whose binary is that of `npm run build`
 * @property {string[]} empty Those whose package has an empty file in its place: nothing is built for them here. They are
 *     to be found by whoever works out what to install, and not to be run
 */

/**
 * Publishes what a release would, as its scripts pack it, from a copy of the clone: the packages of the platforms and then
 * the main one, with those as its optional dependencies.
 *
 * @param {string} address The registry
 * @param {string} folder Where the copy is made
 * @returns {Promise<Published>}
 */
async function publish(address, folder) {
  writeLicences();
  const { version } = readJson(inRoot('package.json'));
  copyClone(folder);
  const all = platforms();
  const sources = new Map(all.map((name) => [name, putBinary(folder, name)]));

  // In the copy, where there are binaries for all.
  const { packAll } = require(
    path.join(folder, 'scripts', 'release', 'packing.js'),
  );
  const env = environment(address, folder);
  for (const { faults, tarball } of await packAll(
    path.join(folder, 'packed'),
  )) {
    if (faults.length > 0) throw new SetupError(faults.join('\n'));
    await npm(['publish', tarball], { cwd: folder, env });
  }
  return {
    version,
    built: all.filter((name) => sources.get(name) !== NOWHERE),
    fromThisClone: all.find((name) => sources.get(name) === THIS_CLONE),
    empty: all.filter((name) => sources.get(name) === NOWHERE),
  };
}

function copyClone(folder) {
  const { files } = readJson(inRoot('package.json'));
  const entries = ['LICENSE', 'README.md', 'npm', 'package.json', 'scripts'];
  for (const pattern of [...entries, ...files]) {
    const [entry] = pattern.split('/');
    fs.cpSync(inRoot(entry), path.join(folder, entry), { recursive: true });
  }
}

/** Where a binary comes from. */
const [THIS_CLONE, BUILD_ALL, NOWHERE] = ['this clone', 'build:all', 'nowhere'];

/** For this platform that of `npm run build`, which is that of the sources as they are now. */
function putBinary(folder, platform) {
  const { main } = readJson(path.join(folder, 'npm', platform, 'package.json'));
  const target = path.join(folder, 'npm', platform, main);
  if (fs.existsSync(inRoot(main))) {
    fs.copyFileSync(inRoot(main), target);
    return THIS_CLONE;
  }
  if (fs.existsSync(target)) return BUILD_ALL;
  fs.writeFileSync(target, '');
  return NOWHERE;
}

/** npm publishes only with credentials, and this registry asks for none. */
function environment(address, folder) {
  const { host } = new URL(address);
  const config = path.join(folder, 'publishing.npmrc');
  fs.writeFileSync(config, `//${host}/:_authToken=anybody\n`);
  return {
    ...process.env,
    npm_config_userconfig: config,
    npm_config_registry: address,
    npm_config_provenance: 'false',
  };
}

function readJson(file) {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

module.exports = { publish };
