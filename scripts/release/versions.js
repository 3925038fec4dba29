'use strict';

/*
 * Everywhere a version of hawser is written down.
 */

const fs = require('node:fs');

const { inRoot } = require('../setup/root');
const { NAME, readJson, readText } = require('./project');

/** The lock files of Cargo in which hawser is a crate; that of `fuzz/` has its engine under another name. */
const CARGO_LOCKS = ['Cargo.lock'];
const IN_CARGO_TOML = /^(version = ")([^"]+)(?=")/m;
const IN_CARGO_LOCK = /^(name = "hawser"\nversion = ")([^"]+)(?=")/m;
/** `hawser@^1.2.3`, as a reader is told to install it. */
const IN_DOCUMENTS = /\b(hawser@\^?)(\d+\.\d+\.\d+)\b/g;

/**
 * @returns {{where: string, version: string | undefined}[]} That of package.json first, which the others must follow
 */
function versionsEverywhere() {
  const lock = readJson('package-lock.json');
  const main = readJson('package.json').version;
  return [
    { where: 'package.json', version: main },
    { where: 'package-lock.json', version: lock.version },
    {
      where: 'package-lock.json, packages',
      version: lock.packages[''].version,
    },
    { where: 'Cargo.toml', version: match('Cargo.toml', IN_CARGO_TOML) },
    ...CARGO_LOCKS.map((where) => ({
      where,
      version: match(where, IN_CARGO_LOCK),
    })),
    ...platforms().map((platform) => ({
      where: `npm/${platform}/package.json`,
      version: readJson('npm', platform, 'package.json').version,
    })),
    ...(isFinal(main) ? documents().flatMap(namedIn) : []),
  ];
}

/** @returns {string[]} The folders of the platform packages */
function platforms() {
  return fs.readdirSync(inRoot('npm')).sort();
}

/** @returns {string[]} What tells a reader which version to install */
function documents() {
  const texts = fs.readdirSync(inRoot('docs')).sort();
  const examples = fs.readdirSync(inRoot('examples')).sort();
  return [
    'README.md',
    ...texts
      .filter((file) => file.endsWith('.md'))
      .map((file) => `docs/${file}`),
    ...examples
      .map((folder) => `examples/${folder}/package.json`)
      .filter((file) => fs.existsSync(inRoot(file))),
  ];
}

/**
 * Documents name no prerelease: who follows them is to get what is finished.
 *
 * @param {string} version
 * @returns {boolean}
 */
function isFinal(version) {
  return !version.includes('-');
}

function namedIn(file) {
  const versions = [...readText(file).matchAll(IN_DOCUMENTS)];
  return [...new Set(versions.map(([, , version]) => version))].map(
    (version) => ({ where: `${file} (${NAME}@...)`, version }),
  );
}

function match(file, pattern) {
  return pattern.exec(readText(file))?.[2];
}

module.exports = {
  CARGO_LOCKS,
  IN_CARGO_LOCK,
  IN_CARGO_TOML,
  IN_DOCUMENTS,
  documents,
  isFinal,
  platforms,
  versionsEverywhere,
};
