'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { npm } = require('../ecosystem/npm');
const { inRoot } = require('../setup/root');

const PROJECT = inRoot('__test__', 'install');
const FOLDER = inRoot('target', 'install-tools');
const FILES = ['package.json', 'package-lock.json'];

/**
 * Installs the registry, the package managers and the bundlers of `__test__/install/package-lock.json`, unless they are
 * there. They are too many to be development packages, and used by nothing else.
 *
 * @returns {Promise<string>} The folder of their packages
 */
async function installTools() {
  if (!FILES.every(isUnchanged)) {
    fs.rmSync(FOLDER, { recursive: true, force: true });
    fs.mkdirSync(FOLDER, { recursive: true });
    // The last of them is copied when all is done.
    fs.copyFileSync(path.join(PROJECT, FILES[1]), path.join(FOLDER, FILES[1]));
    fs.copyFileSync(inRoot('.npmrc'), path.join(FOLDER, '.npmrc'));
    fs.copyFileSync(path.join(PROJECT, FILES[0]), path.join(FOLDER, FILES[0]));
    await npm(
      ['ci', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'],
      { cwd: FOLDER },
    );
    fs.writeFileSync(path.join(FOLDER, 'complete'), '');
  }
  return path.join(FOLDER, 'node_modules');
}

function isUnchanged(file) {
  const [wanted, present] = [PROJECT, FOLDER].map((folder) => {
    const place = path.join(folder, file);
    return fs.existsSync(place) ? fs.readFileSync(place, 'utf8') : undefined;
  });
  return wanted === present && fs.existsSync(path.join(FOLDER, 'complete'));
}

module.exports = { installTools };
