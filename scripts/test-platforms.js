'use strict';

/*
 * `npm run test:platforms`: the binaries of `npm run build:all`, each run by a real Node.js of its platform: on this machine
 * as it is, or under QEMU, Wine or musl's loader. Node.js is taken from npm and PyPI, emulators have to be installed; it
 * needs Linux on x64, and Debian 12 for all of it. What a whole run comes to is written into docs/platforms.md.
 *
 *   npm run test:platforms -- --install               with apt-get, the emulators that are missing
 *   npm run test:platforms -- --only "gnu, Node 22"   only what has that in its name (may be given more than once)
 *   npm run test:platforms -- --quick                 only the smoke checks
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const { parseArgs } = require('node:util');

const { PLACES } = require('./platforms/places');
const { missing } = require('./platforms/programs');
const { writeRuns } = require('./platforms/table');
const { binaryFor, runBehaviour, runSmoke } = require('./platforms/tests');
const { setUp } = require('./setup');
const { inRoot } = require('./setup/root');
const { printSummary } = require('./test/summary');

/** @typedef {import('./platforms/places').Place} Place */

const FOLDER = inRoot('target', 'platforms');

main();

async function main() {
  const { install, only, quick } = readArguments();
  const places = PLACES.filter((place) =>
    only.some((part) => nameOf(place).includes(part)),
  );
  if (places.length === 0) {
    refuse(`Not "${only}", but:\n${PLACES.map(nameOf).join('\n')}`);
  }

  setUp();
  if (install) installPackages(places);
  fs.mkdirSync(FOLDER, { recursive: true });

  const runs = [];
  for (const place of places) {
    const run = await runIn(place, quick);
    runs.push(run);
    // A part must not take the place of the whole.
    const isWhole = !quick || place.drivers.length === 0;
    if (isWhole) await writeRuns([run]);
  }
  process.exitCode = printRuns(runs) ? 0 : 1;
}

/**
 * @param {Place} place
 * @param {boolean} quick
 * @returns {Promise<import('./platforms/table').Run>}
 */
async function runIn(place, quick) {
  console.log(`\n--- ${nameOf(place)}`);
  const notRun = reasonNotToRun(place);
  if (notRun) {
    console.log(`Not run: ${notRun}`);
    return { place, notRun, suites: [] };
  }

  let program;
  try {
    program = await place.prepare(FOLDER);
  } catch (error) {
    console.log(`Not run: ${error.message}`);
    return { place, notRun: error.message, suites: [] };
  }
  const binary = binaryFor(place.platform);
  const suites = [];
  await add('smoke', () => runSmoke(place, program, binary));
  if (!quick) {
    for (const name of place.drivers) {
      await add(name, () => runBehaviour(program, binary, name, place.tests));
    }
  }
  return { place, suites };

  async function add(name, suite) {
    console.log(`\n- ${name}`);
    const began = performance.now();
    const counts = await suite();
    const seconds = (performance.now() - began) / 1000;
    suites.push({ name, seconds, skipped: 0, ...counts });
  }
}

function reasonNotToRun({ platform, programs, packages }) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'this takes a Linux machine with an x64 processor';
  if (!binaryFor(platform))
    return `there is no binary; npm run build:all -- --only ${platform}`;
  if (missing(programs).length > 0)
    return `${missing(programs).join(', ')} missing; apt-get install --no-install-recommends ${packages.join(' ')}`;
  return undefined;
}

function installPackages(places) {
  const packages = places
    .filter(({ programs }) => missing(programs).length > 0)
    .flatMap((place) => place.packages);
  if (packages.length === 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update'],
    ['install', '--yes', '--no-install-recommends', ...new Set(packages)],
  ]) {
    spawnSync('apt-get', ['-qq', ...args], { stdio: 'inherit', env });
  }
}

/** What did not run has not passed: it is listed, and the exit code says so. */
function printRuns(runs) {
  const rows = runs.flatMap(({ place, suites }) =>
    suites.map((suite) => ({
      ...suite,
      name: `${nameOf(place)}: ${suite.name}`,
    })),
  );
  const passed = printSummary(rows);
  const left = runs.filter(({ notRun }) => notRun);
  for (const { place, notRun } of left)
    console.log(`Not run: ${nameOf(place)}: ${notRun}`);
  return passed && left.length === 0;
}

function nameOf({ platform, node, through }) {
  return `${platform}, Node ${node}${through ? `, ${through}` : ''}`;
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        install: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [''] },
        quick: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return refuse(error.message);
  }
}

function refuse(reason) {
  console.error(reason);
  process.exit(2);
}
