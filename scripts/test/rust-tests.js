'use strict';

const { execFileSync } = require('node:child_process');

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

  return countsOf(output, code);
}

/**
 * @param {string} output What the tests printed
 * @param {number} code With which they ended
 * @returns {{passed: number, failed: number, skipped: number}}
 */
function countsOf(output, code) {
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

/**
 * Builds the crate's tests, for somebody else to run.
 *
 * @returns {Promise<string>} The path of the program
 */
async function testBinary() {
  const built = execFileSync(
    'cargo',
    [
      'test',
      '--locked',
      ...RUNS[0],
      '--lib',
      '--no-run',
      '--message-format=json',
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const messages = built.trim().split('\n').map(JSON.parse);

  return messages.findLast(({ executable }) => executable).executable;
}

/**
 * @param {string} toolchain Such as `nightly`
 * @returns {string} What the machine is called there
 */
function hostOf(toolchain) {
  const version = execFileSync('rustc', [`+${toolchain}`, '-vV'], {
    encoding: 'utf8',
  });

  return /^host: (.+)$/m.exec(version)[1];
}

module.exports = { countsOf, hostOf, runRustTests, testBinary };
