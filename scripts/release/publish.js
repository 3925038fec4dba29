'use strict';

/*
 * Publishes a release, from the workflow: every platform's package, and then the main one, which must not be there before
 * what it depends on. What the registry has already is left out, so that the step can be run again after it failed half-way;
 * if that came from another build, nothing is published. npm finds out by itself how it may publish: as the trusted
 * publisher that the workflow is, or with a token.
 */

const fs = require('node:fs');

const { npm } = require('../ecosystem/npm');
const { inRoot } = require('../setup/root');
const { disagreements } = require('./agreement');
const { distTagFor } = require('./dist-tag');
const { distTagsOf, integrityOf } = require('./on-registry');
const { packAll } = require('./packing');
const { NAME, readJson } = require('./project');

main();

async function main() {
  const packages = await packAll(inRoot('target', 'release-packages'));
  const faults = [
    ...disagreements({ isRelease: true }),
    ...packages.flatMap((entry) => entry.faults),
  ];
  if (faults.length > 0) return refuse(faults);

  const missing = [];
  for (const entry of packages) {
    const { name, version, integrity } = entry;
    const published = await integrityOf(name, version);
    if (published === undefined) missing.push(entry);
    else if (published === integrity) {
      console.log(`${name}@${version} is there already`);
    } else {
      faults.push(`${name}@${version} is on the registry with other files`);
    }
  }
  if (faults.length > 0) {
    return refuse([
      ...faults,
      'A release is of one build, so nothing is published: run the job that published those again with its own artifacts, or release the next version.',
    ]);
  }

  const tag = await chooseTag();
  for (const entry of missing) await publish(entry, tag);
}

function refuse(reasons) {
  console.error(reasons.join('\n'));
  process.exitCode = 1;
}

/** The same for all packages; the workflow hands it on to the job that makes the release. */
async function chooseTag() {
  const { version } = readJson('package.json');
  const tag = distTagFor(version, await distTagsOf(NAME));
  const { GITHUB_OUTPUT } = process.env;
  if (GITHUB_OUTPUT) fs.appendFileSync(GITHUB_OUTPUT, `tag=${tag}\n`);
  return tag;
}

async function publish({ name, version, tarball }, tag) {
  await npm(['publish', tarball, '--access', 'public', '--tag', tag], {
    cwd: inRoot(),
  });
  console.log(`${name}@${version} is published as ${tag}`);
}
