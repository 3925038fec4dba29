'use strict';

const { run } = require('./run');

/** The crate, and what the fuzz targets say to their corpora. */
const RUNS = [
  ['--no-default-features'],
  [
    ...['--manifest-path', 'fuzz/Cargo.toml'],
    // Most of what it depends on is built there already.
    ...['--target-dir', 'target'],
    '--no-default-features',
  ],
];

/**
 * Runs the crate's tests without Node: everything below the bridge.
 *
 * @returns {Promise<{passed: number, failed: number, skipped: number}>}
 */
async function runRustTests() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const args of RUNS) {
    const { passed, failed, skipped } = await cargoTest(args);
    counts.passed += passed;
    counts.failed += failed;
    counts.skipped += skipped;
  }
  return counts;
}

async function cargoTest(args) {
  const { code, output } = await run('cargo', ['test', '--locked', ...args], {
    capture: true,
  });

  const counts = { passed: 0, failed: 0, skipped: 0 };
  // One such line for each test binary.
  const lines = output.matchAll(
    /^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored/gm,
  );
  for (const [, passed, failed, ignored] of lines) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
    counts.skipped += Number(ignored);
  }
  // What does not compile has no results.
  const noResult = counts.passed + counts.failed === 0;
  if (noResult || (code !== 0 && counts.failed === 0)) counts.failed += 1;
  return counts;
}

module.exports = { runRustTests };
