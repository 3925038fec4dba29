'use strict';

const fs = require('node:fs');

const { npm } = require('../ecosystem/npm');
const { inRoot } = require('../setup/root');

const FOLDER = inRoot('docs', 'site');

/** Installs what the lock file in docs/site names, unless it is there already. */
async function installGenerator() {
  if (isInstalled()) return;
  console.log('Installing what builds the site (npm ci in docs/site)');
  await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: FOLDER,
  });
}

/** npm writes down what it installed, as the last thing it does. */
function isInstalled() {
  const wanted = versionsIn('package-lock.json');
  const installed = versionsIn('node_modules/.package-lock.json');
  return Object.entries(wanted).every(
    ([name, version]) => name === '' || installed[name] === version,
  );
}

function versionsIn(file) {
  const path = inRoot('docs', 'site', file);
  if (!fs.existsSync(path)) return {};
  const { packages } = JSON.parse(fs.readFileSync(path, 'utf8'));
  return Object.fromEntries(
    Object.entries(packages).map(([name, { version }]) => [name, version]),
  );
}

module.exports = { installGenerator };
