'use strict';

/*
 * Publishes a release, from the workflow: every platform's package, and then the main one, which must not be there before
 * what it depends on. What the registry has already is left out, so that the step can be run again after it failed half-way.
 * npm finds out by itself how it may publish: as the trusted publisher that the workflow is, or with a token.
 */

const { npm } = require('../ecosystem/npm');
const { inRoot } = require('../setup/root');
const { disagreements } = require('./agreement');
const { packAll } = require('./packing');

main();

async function main() {
  const packages = await packAll(inRoot('target', 'release-packages'));
  const faults = [
    ...disagreements({ isRelease: true }),
    ...packages.flatMap((entry) => entry.faults),
  ];
  if (faults.length > 0) {
    console.error(faults.join('\n'));
    process.exitCode = 1;
    return;
  }
  for (const entry of packages) await publish(entry);
}

async function publish({ name, version, tarball, integrity }) {
  const published = await integrityOf(`${name}@${version}`);
  if (published !== undefined) {
    const isSame = published === integrity ? '' : ', from other files';
    console.log(`${name}@${version} is there already${isSame}`);
    return;
  }
  const tag = version.includes('-') ? 'next' : 'latest';
  await npm(['publish', tarball, '--access', 'public', '--tag', tag], {
    cwd: inRoot(),
  });
  console.log(`${name}@${version} is published`);
}

/** The checksum that the registry has for it; undefined if it has no such version. */
async function integrityOf(spec) {
  try {
    const said = await npm(['view', spec, 'dist.integrity', '--json'], {
      cwd: inRoot(),
    });
    // npm answers with nothing if there is the package, but not the version.
    return said.trim() === '' ? undefined : JSON.parse(said);
  } catch (error) {
    if (/\bE404\b/.test(error.message)) return undefined;
    throw error;
  }
}
