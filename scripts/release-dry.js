'use strict';

/*
 * `npm run release:dry`: what a release would publish, and whether everything that names a version names the same one.
 * It sends nothing. With the binaries of `npm run build:all` in place the list is complete.
 */

const { changesOf } = require('./release/changelog');
const { packagesAsPublished } = require('./release/packages');
const { versionsEverywhere } = require('./release/versions');

main();

function main() {
  const faults = [...checkVersions(), ...checkChangelog(), ...listPackages()];
  console.log(
    faults.length === 0
      ? '\nEverything agrees.'
      : `\nNot ready:\n${faults.map((fault) => `- ${fault}`).join('\n')}`,
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
}

function checkVersions() {
  const [{ version: wanted }, ...others] = versionsEverywhere();
  console.log(`Version ${wanted}, in ${others.length + 1} places`);
  return others
    .filter(({ version }) => version !== wanted)
    .map(
      ({ where, version }) =>
        `${where} says ${version}, package.json ${wanted}`,
    );
}

function checkChangelog() {
  const [{ version }] = versionsEverywhere();
  const changes = changesOf(version) ?? changesOf('Unreleased');
  if (!changes) return ['CHANGELOG.md says nothing of this version'];
  const isMoved = changesOf(version) !== undefined;
  console.log(
    `\nRelease notes (${isMoved ? `[${version}]` : '[Unreleased], to be moved'} in CHANGELOG.md):\n`,
  );
  console.log(changes.replace(/^/gm, '  '));
  return [];
}

function listPackages() {
  const packages = packagesAsPublished();
  console.log(
    '\nPackages, platforms first, as optional dependencies of the last:\n',
  );
  for (const { name, version, size, files } of [
    ...packages.slice(1),
    packages[0],
  ]) {
    console.log(
      `  ${`${name}@${version}`.padEnd(36)}${String(size).padStart(8)} bytes  ${files.length} files`,
    );
  }
  return packages.flatMap(({ name, faults }) =>
    faults.map((fault) => `${name}: ${fault}`),
  );
}
