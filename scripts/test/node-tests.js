'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { run } = require('./run');

/** For one file as a whole: Node 20 and 22 end the process of a file that takes longer, and go on with the next. */
const TEST_TIMEOUT_MS = 180_000;

/**
 * Runs test files with Node's own runner, two at a time, each file in a process of its own.
 *
 * @param {string[]} files Paths from the top folder
 * @param {object} environment Variables to set for them
 * @param {object} [options]
 * @param {string} [options.node] The Node.js that runs them
 * @param {number} [options.timeout] Milliseconds for a file
 * @returns {Promise<{passed: number, failed: number, skipped: number}>}
 */
async function runNodeTests(
  files,
  environment,
  { node = process.execPath, timeout = TEST_TIMEOUT_MS } = {},
) {
  if (files.length === 0) {
    console.error('There is no test file here.');
    return { passed: 0, failed: 1, skipped: 0 };
  }

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hawser-test-'));
  const report = path.join(folder, 'report.tap');
  try {
    const { code } = await run(
      node,
      [
        '--test',
        '--test-concurrency=2',
        `--test-timeout=${timeout}`,
        '--test-reporter=spec',
        '--test-reporter-destination=stdout',
        '--test-reporter=tap',
        `--test-reporter-destination=${report}`,
        ...files,
      ],
      { env: { ...withoutDriver(process.env), ...environment } },
    );
    return countsOf(report, code);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/**
 * A driver chosen in the shell must not decide what the suites run on.
 */
function withoutDriver(environment) {
  const { HAWSER_IO_THREADS, HAWSER_RESTLESS, HAWSER_TAKEOVER, ...rest } =
    environment;
  return rest;
}

/**
 * The counts stand at the end of the TAP report, as `# pass 12`.
 */
function countsOf(report, code) {
  const tap = fs.existsSync(report) ? fs.readFileSync(report, 'utf8') : '';
  const count = (label) =>
    Number(
      tap
        .match(new RegExp(`^# ${label} (\\d+)$`, 'gm'))
        ?.at(-1)
        .split(' ')[2] ?? 0,
    );

  const passed = count('pass');
  const failed = count('fail') + count('cancelled');
  const skipped = count('skipped') + count('todo');
  // The runner's own failure, such as a crash, is one more.
  const runnerFailed = (code !== 0 && failed === 0) || passed + failed === 0;
  return { passed, failed: failed + (runnerFailed ? 1 : 0), skipped };
}

module.exports = { runNodeTests };
