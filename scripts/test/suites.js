'use strict';

const fs = require('node:fs');

const { inRoot } = require('../setup/root');
const { runNodeTests } = require('./node-tests');
const { runRustTests } = require('./rust-tests');
const { runTypesCheck } = require('./types-check');

/** The environment that makes every connection of a process use one driver. */
const DRIVERS = {
  event_loop: { HAWSER_IO_THREADS: '0' },
  io_threads: { HAWSER_IO_THREADS: '2' },
  stream: { HAWSER_TAKEOVER: '0' },
  // Connections move between the event loop and I/O threads all the time.
  restless: { HAWSER_IO_THREADS: 'auto', HAWSER_RESTLESS: '1' },
  // They move when load asks for it, which is seldom in a test: only on demand.
  auto: { HAWSER_IO_THREADS: 'auto' },
};

/** The drivers of a whole run. */
const ALWAYS = Object.keys(DRIVERS).filter((name) => name !== 'auto');

/** The folders of the tests that run on every driver. */
const BEHAVIOUR_TESTS = [
  '__test__',
  '__test__/differential',
  '__test__/security',
  '__test__/conformance',
  '__test__/faults',
  '__test__/fuzz',
];

/**
 * @typedef {object} Suite
 * @property {string} name What the summary calls it
 * @property {function(): Promise<{passed: number, failed: number, skipped: number}>} run
 */

/**
 * @param {object} selection What the command line asked for
 * @param {string[]} [selection.drivers] Only the behaviour tests, on these drivers
 * @param {string} [selection.only] Only Node test files whose path contains this
 * @returns {Suite[]} The suites to run, in order
 */
function selectSuites({ drivers, only } = {}) {
  const wholeRun = drivers === undefined && only === undefined;
  const suites = [];

  if (wholeRun) suites.push({ name: 'rust', run: runRustTests });

  for (const driver of drivers ?? ALWAYS) {
    suites.push(nodeSuite(driver, behaviourTests(), DRIVERS[driver]));
  }
  if (drivers === undefined) {
    suites.push(nodeSuite('once', testFilesUnder('__test__/once')));
    suites.push(nodeSuite('browser', testFilesUnder('__test__/browser')));
  }

  if (wholeRun) suites.push({ name: 'types', run: runTypesCheck });
  return suites.filter(Boolean);

  function nodeSuite(name, allFiles, environment = {}) {
    const files = only ? allFiles.filter((f) => f.includes(only)) : allFiles;
    // A filter may leave a suite empty; without one an empty suite is a fault, which the run reports.
    if (only && files.length === 0) return null;
    return { name, run: () => runNodeTests(files, environment) };
  }
}

/**
 * @returns {string[]} The files of the tests that run on every driver
 */
function behaviourTests() {
  return BEHAVIOUR_TESTS.flatMap(testFilesIn);
}

function testFilesUnder(folder) {
  return filesOf(folder).flatMap((entry) =>
    entry.isDirectory()
      ? testFilesUnder(`${folder}/${entry.name}`)
      : testFile(folder, entry),
  );
}

function testFilesIn(folder) {
  return filesOf(folder).flatMap((entry) => testFile(folder, entry));
}

function filesOf(folder) {
  if (!fs.existsSync(inRoot(folder))) return [];
  const entries = fs.readdirSync(inRoot(folder), { withFileTypes: true });
  return entries.sort((a, b) => a.name.localeCompare(b.name));
}

function testFile(folder, entry) {
  const isTest = entry.isFile() && entry.name.endsWith('.test.js');
  return isTest ? [`${folder}/${entry.name}`] : [];
}

module.exports = {
  ALWAYS,
  DRIVERS,
  behaviourTests,
  selectSuites,
  testFilesIn,
};
