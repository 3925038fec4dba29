'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { ROOT, inRoot } = require('../setup/root');
const { npm } = require('./npm');
const { Registry } = require('./registry');

const QUIETLY = ['--ignore-scripts', '--no-audit', '--no-fund'];

/**
 * Installs what `__test__/ecosystem/package-lock.json` asks for.
 *
 * @param {string} folder It is created
 * @returns {Promise<string>} The folder
 */
async function installControl(folder) {
  const { manifest, lock } = readProject();
  writeProject(folder, manifest, lock);
  await npm(['ci', '--prefer-offline', ...QUIETLY], { cwd: folder });
  return folder;
}

/**
 * Installs the same, with hawser in place of `ws`, and once more under its own name.
 *
 * @param {string} folder It is created
 * @param {import('./packing').Package[]} packages Those of hawser
 * @returns {Promise<string>} The folder
 */
async function installHawser(folder, packages) {
  const { manifest, lock } = readProject();
  const { name, version } = packages[0].manifest;
  manifest.dependencies.ws = `npm:${name}@${version}`;
  manifest.dependencies[name] = version;
  writeProject(folder, manifest, withoutWs(lock));

  // npm knows the registry that this project is set up for; asked in its folder it minds its .npmrc.
  const upstream = await npm(['config', 'get', 'registry'], { cwd: ROOT });
  const registry = new Registry(packages, upstream.trim());
  const address = await registry.listen();
  try {
    await npm(
      ['install', '--prefer-offline', ...QUIETLY, `--registry=${address}`],
      { cwd: folder },
    );
  } finally {
    await registry.close();
  }
  return folder;
}

function readProject() {
  return {
    manifest: readJson('package.json'),
    lock: readJson('package-lock.json'),
  };
}

function readJson(file) {
  return JSON.parse(
    fs.readFileSync(inRoot('__test__', 'ecosystem', file), 'utf8'),
  );
}

/**
 * What the lock file says about `ws` would contradict package.json; all other versions stay those of the control.
 */
function withoutWs(lock) {
  const packages = Object.entries(lock.packages).filter(
    ([location]) => !/(^|\/)node_modules\/ws$/.test(location),
  );
  return { ...lock, packages: Object.fromEntries(packages) };
}

function writeProject(folder, manifest, lock) {
  fs.mkdirSync(folder, { recursive: true });
  write('package.json', manifest);
  write('package-lock.json', lock);
  fs.cpSync(
    inRoot('__test__', 'ecosystem', 'scenarios'),
    path.join(folder, 'scenarios'),
    { recursive: true },
  );

  function write(file, content) {
    fs.writeFileSync(path.join(folder, file), JSON.stringify(content, null, 2));
  }
}

module.exports = { installControl, installHawser };
