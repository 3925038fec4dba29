'use strict';

/*
 * Whether all that names a version or a platform of hawser names the same ones.
 */

const { TARGETS } = require('../platforms/targets');
const { changesOf } = require('./changelog');
const { NAME, readJson, readText } = require('./project');
const { unpublishedFaults } = require('./unpublished');
const { platforms, versionsEverywhere } = require('./versions');

/** The C library, as npm calls it and as `napi create-npm-dirs` writes it: for armv7 that says nothing of it. */
const LIBC = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl' };

/**
 * @param {object} options
 * @param {boolean} options.isRelease Whether this is to be published: then CHANGELOG.md has to have a heading for it, and no
 *     document may say that there is no release yet
 * @returns {string[]} What does not agree, each as a sentence
 */
function disagreements({ isRelease }) {
  return [
    ...versionFaults(),
    ...changelogFaults(isRelease),
    ...(isRelease ? unpublishedFaults() : []),
    ...platformFaults(),
    ...platforms().flatMap(packageFaults),
  ];
}

/** @returns {string[]} The platforms that are published, in the order of their table */
function publishedPlatforms() {
  return published().map(({ platform }) => platform);
}

function versionFaults() {
  const [{ version: wanted }, ...others] = versionsEverywhere();
  return others
    .filter(({ version }) => version !== wanted)
    .map(
      ({ where, version }) =>
        `${where} says ${version ?? 'nothing'}, package.json ${wanted}`,
    );
}

function changelogFaults(isRelease) {
  const { version } = readJson('package.json');
  const changes = changesOf(version);
  if (changes) return [];
  if (changes === '') return [`CHANGELOG.md has nothing under [${version}]`];
  if (isRelease) return [`CHANGELOG.md has no heading [${version}]`];
  return changesOf('Unreleased')
    ? []
    : [`CHANGELOG.md has neither [${version}] nor anything [Unreleased]`];
}

function platformFaults() {
  const triples = published().map(({ triple }) => triple);
  const { targets } = readJson('package.json').napi;
  return [
    ...differences('napi.targets in package.json', targets, triples),
    ...differences('npm/', platforms(), publishedPlatforms()),
    ...differences('lib/native.js', targetsOfTheLoader(), publishedPlatforms()),
    ...differences('ci.yml, job build', targetsOfJob('build'), triples),
    ...differences(
      'ci.yml, in test and smoke together,',
      [...targetsOfJob('test'), ...targetsOfJob('smoke')],
      triples,
    ),
  ];
}

function published() {
  return TARGETS.filter((target) => target.published !== false);
}

/** The module itself loads the addon, which need not be there. */
function targetsOfTheLoader() {
  const [, list] = /^const TARGETS = \[([^\]]*)\]/m.exec(
    readText('lib/native.js'),
  );
  return [...list.matchAll(/'([^']+)'/g)].map(([, platform]) => platform);
}

function targetsOfJob(name) {
  const text = readText('.github/workflows/ci.yml');
  const [, after] = text.split(`\n  ${name}:\n`);
  const [job] = /^(?: {3,}.*\n|\n)*/.exec(after);
  return [...job.matchAll(/^ +target: ([\w-]+)$/gm)].map(
    ([, triple]) => triple,
  );
}

function differences(where, there, wanted) {
  return [
    ...wanted
      .filter((name) => !there.includes(name))
      .map((name) => `${where} lacks ${name}`),
    ...there
      .filter((name) => !wanted.includes(name))
      .map(
        (name) =>
          `${where} has ${name}, which scripts/platforms/targets.js does not publish`,
      ),
    ...there
      .filter((name, index) => there.indexOf(name) !== index)
      .map((name) => `${where} has ${name} twice`),
  ];
}

function packageFaults(platform) {
  const where = `npm/${platform}/package.json`;
  const manifest = readJson(where);
  const { engines, license } = readJson('package.json');
  const [os, cpu, abi] = platform.split('-');
  const binary = `${NAME}.${platform}.node`;
  const wanted = {
    name: `${NAME}-${platform}`,
    main: binary,
    files: [binary],
    os: [os],
    cpu: [cpu],
    libc: LIBC[abi] && [LIBC[abi]],
    engines,
    license,
  };
  return Object.entries(wanted)
    .filter(([key, value]) => !isSame(manifest[key], value))
    .map(
      ([key, value]) =>
        `${where} has ${JSON.stringify(manifest[key])} for "${key}", not ${JSON.stringify(value)}`,
    );
}

function isSame(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

module.exports = { disagreements, publishedPlatforms };
