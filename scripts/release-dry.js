'use strict';

/*
 * `npm run release:dry`: what a release would publish, and whether everything that names a version or a platform names the
 * same ones. It sends nothing.
 *
 *   npm run release:dry -- --complete   every binary and a heading in CHANGELOG.md have to be there, as for a release
 */

const path = require('node:path');
const { parseArgs } = require('node:util');

const { disagreements } = require('./release/agreement');
const { changesOf } = require('./release/changelog');
const { packAll } = require('./release/packing');
const { readJson } = require('./release/project');
const { versionsEverywhere } = require('./release/versions');
const { ROOT, inRoot } = require('./setup/root');

const FOLDER = inRoot('target', 'release-packages');

main();

async function main() {
  const { complete } = parseArgs({
    options: { complete: { type: 'boolean', default: false } },
  }).values;

  const faults = disagreements({ isRelease: complete });
  printVersion();
  printNotes();
  const packages = await packAll(FOLDER);
  printPackages(packages);

  const isAbsent = ({ tarball }) => tarball === undefined;
  const looked = packages.filter((entry) => complete || !isAbsent(entry));
  faults.push(...looked.flatMap((entry) => entry.faults));
  conclude(faults, complete ? [] : packages.filter(isAbsent));
}

function printVersion() {
  const [{ version }, ...others] = versionsEverywhere();
  console.log(`Version ${version}, in ${others.length + 1} places`);
}

function printNotes() {
  const { version } = readJson('package.json');
  const changes = changesOf(version);
  const heading = changes
    ? `[${version}] in CHANGELOG.md`
    : `[Unreleased] in CHANGELOG.md, which \`npm version\` moves under [${version}]`;
  const text = changes ?? changesOf('Unreleased') ?? '';
  console.log(
    `\nRelease notes: ${heading}\n\n${text.replace(/^(?=.)/gm, '  ')}`,
  );
}

function printPackages(packages) {
  console.log(`\nPackages, in the order in which they are published:`);
  for (const { name, version, tarball, size, files, integrity } of packages) {
    if (tarball === undefined) {
      console.log(`\n  ${name}@${version}: its binary is not here`);
      continue;
    }
    console.log(
      `\n  ${name}@${version}: ${path.relative(ROOT, tarball)}, ${size} bytes`,
    );
    console.log(`  ${integrity}`);
    for (const { path: file, size: bytes } of files) {
      console.log(`  ${String(bytes).padStart(10)}  ${file}`);
    }
  }
  const [{ optionalDependencies }] = packages.slice(-1);
  console.log('\n  optionalDependencies of the last:');
  console.log(
    JSON.stringify(optionalDependencies, null, 2).replace(/^/gm, '  '),
  );
}

function conclude(faults, absent) {
  if (absent.length > 0) {
    console.log(
      `\nNot looked at, for want of a binary (npm run build:all): ${absent.map(({ name }) => name).join(', ')}`,
    );
  }
  if (faults.length === 0) {
    console.log('\nEverything agrees.');
    return;
  }
  console.log(
    `\nNot ready:\n${faults.map((fault) => `- ${fault}`).join('\n')}`,
  );
  process.exitCode = 1;
}
