'use strict';

const fs = require('node:fs');

const { inRoot } = require('../setup/root');

/**
 * Everywhere a version of hawser is written down.
 *
 * @returns {{where: string, version: string | undefined}[]}
 */
function versionsEverywhere() {
  const lock = readJson('package-lock.json');
  return [
    { where: 'package.json', version: readJson('package.json').version },
    { where: 'package-lock.json', version: lock.version },
    {
      where: 'package-lock.json, packages',
      version: lock.packages[''].version,
    },
    {
      where: 'Cargo.toml',
      version: match('Cargo.toml', /^version = "([^"]+)"/m),
    },
    {
      where: 'Cargo.lock',
      version: match('Cargo.lock', /^name = "hawser"\nversion = "([^"]+)"/m),
    },
    ...platforms().map((platform) => ({
      where: `npm/${platform}/package.json`,
      version: readJson(`npm/${platform}/package.json`).version,
    })),
  ];
}

/** @returns {string[]} The folders of the platform packages */
function platforms() {
  return fs.readdirSync(inRoot('npm')).sort();
}

function readJson(file) {
  return JSON.parse(fs.readFileSync(inRoot(file), 'utf8'));
}

function match(file, pattern) {
  return pattern.exec(fs.readFileSync(inRoot(file), 'utf8'))?.[1];
}

module.exports = { platforms, versionsEverywhere };
