'use strict';

/*
 * The tarballs of a release, as they are published: every platform's, and the main package, which names those as its
 * optional dependencies. The package.json of the repository does not: they are on no registry before they are released, and
 * a fresh clone would look for them in vain. So the main package is packed from a copy.
 */

const fs = require('node:fs');
const path = require('node:path');

const { npm } = require('../ecosystem/npm');
const { inRoot } = require('../setup/root');
const { publishedPlatforms } = require('./agreement');
const { NAME, readJson } = require('./project');

/** Bytes of a tarball at most. */
const MOST = { main: 300_000, platform: 2_000_000 };
/** What a person who installs the main package must find in it. */
const NEEDED = [
  'LICENSE',
  'README.md',
  'index.d.ts',
  'index.js',
  'js-binding.js',
  'wrapper.mjs',
];

/**
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} version
 * @property {string | undefined} tarball Its path; none if the binary is not there
 * @property {number} size Bytes of the tarball
 * @property {{path: string, size: number}[]} files
 * @property {string} integrity Its checksum, as a registry has it
 * @property {string[]} faults Why it cannot be published as it is
 * @property {object} [optionalDependencies] Those of the main package
 */

/**
 * @param {string} folder Where to; it is emptied
 * @returns {Promise<Packed[]>} The platforms first, the main package last: the order in which they are published
 */
async function packAll(folder) {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const platforms = publishedPlatforms().map((platform) =>
    packPlatform(platform, folder),
  );
  return Promise.all([...platforms, packMain(folder)]);
}

/** @returns {Record<string, string>} Each platform's package, in the very version of the main one */
function optionalDependencies() {
  const { version } = readJson('package.json');
  return Object.fromEntries(
    publishedPlatforms().map((platform) => [`${NAME}-${platform}`, version]),
  );
}

function packPlatform(platform, folder) {
  const binary = `${NAME}.${platform}.node`;
  return pack(inRoot('npm', platform), folder, {
    needed: [binary, 'LICENSE', 'README.md'],
    most: MOST.platform,
  });
}

async function packMain(folder) {
  const copy = path.join(folder, NAME);
  await copyMain(copy);
  const packed = await pack(copy, folder, { needed: NEEDED, most: MOST.main });
  return { ...packed, optionalDependencies: optionalDependencies() };
}

/** What npm would pack, with the dependencies that the published package has. */
async function copyMain(copy) {
  const [{ files }] = JSON.parse(
    await npm(['pack', '--dry-run', '--ignore-scripts', '--json'], {
      cwd: inRoot(),
    }),
  );
  for (const { path: file } of files) {
    fs.mkdirSync(path.dirname(path.join(copy, file)), { recursive: true });
    fs.copyFileSync(inRoot(file), path.join(copy, file));
  }
  const manifest = {
    ...readJson('package.json'),
    optionalDependencies: optionalDependencies(),
  };
  fs.writeFileSync(
    path.join(copy, 'package.json'),
    `${JSON.stringify(manifest, null, 2)}\n`,
  );
}

/** @returns {Promise<Packed>} */
async function pack(source, folder, { needed, most }) {
  const said = await npm(
    ['pack', '--ignore-scripts', '--json', '--pack-destination', folder],
    { cwd: source },
  );
  const [{ name, version, size, files, integrity, filename }] =
    JSON.parse(said);
  const missing = needed.filter((file) => !files.some((f) => f.path === file));
  const faults = missing.map((file) => `${name} lacks ${file}`);
  if (size > most) faults.push(`${name} has ${size} bytes, more than ${most}`);
  const isWithoutBinary = missing.some((file) => file.endsWith('.node'));
  const tarball = isWithoutBinary ? undefined : path.join(folder, filename);
  return { name, version, tarball, size, files, integrity, faults };
}

module.exports = { packAll };
