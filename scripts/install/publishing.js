'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { npm } = require('../ecosystem/npm');
const { writeLicences } = require('../release/licences');
const { platforms } = require('../release/versions');
const { inRoot } = require('../setup/root');

/**
 * @typedef {object} Published
 * @property {string} version
 * @property {string[]} built The platforms whose package has its binary, that of `npm run build:all` or of this clone
 * @property {string} fromThisClone The platform whose binary is that of `npm run build`
 * @property {string[]} empty Those whose package has an empty file in its place: nothing is built for them here. They are
 *     to be found by whoever works out what to install, and not to be run
 */

/**
 * Publishes as a release does, from a copy of the clone: `npm publish` of the main package, whose `prepublishOnly`
 * publishes the packages of the platforms and makes them its optional dependencies.
 *
 * @param {string} address The registry
 * @param {string} folder Where the copy is made
 * @returns {Promise<Published>}
 */
async function publish(address, folder) {
  writeLicences();
  const { version, files } = readJson(inRoot('package.json'));
  const entries = ['LICENSE', 'README.md', 'npm', 'package.json', ...files];
  for (const entry of new Set(entries.map((name) => name.split('/')[0]))) {
    fs.cpSync(inRoot(entry), path.join(folder, entry), { recursive: true });
  }
  const all = platforms();
  const sources = new Map(all.map((name) => [name, putBinary(folder, name)]));

  await npm(['publish'], { cwd: folder, env: environment(address, folder) });
  return {
    version,
    built: all.filter((name) => sources.get(name) !== NOWHERE),
    fromThisClone: all.find((name) => sources.get(name) === THIS_CLONE),
    empty: all.filter((name) => sources.get(name) === NOWHERE),
  };
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
    PATH: `${inRoot('node_modules', '.bin')}${path.delimiter}${process.env.PATH}`,
    npm_config_userconfig: config,
    npm_config_registry: address,
    npm_config_provenance: 'false',
  };
}

function readJson(file) {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

module.exports = { publish };
