'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { inRoot } = require('../setup/root');
const { run } = require('../test/run');
const { DRIVERS } = require('../test/suites');

/**
 * The behaviour tests for Bun and Deno. Those that are not here try what is Node's own, or what goes differently there
 * with `ws`, too: how an exception is printed, async context, when a paused socket notices its end.
 */
const ELSEWHERE = [
  'abrupt-end',
  'binary-type-within-a-message',
  'binary-types',
  'buffered-amount',
  'buffered-chunks',
  'client-handshake',
  'client-options',
  'close',
  'compression',
  'compression-negotiation',
  'echo',
  'event-target',
  'fragments',
  'generated-traffic',
  'inflating',
  'pause',
  'ping-pong',
  'protocol-errors',
  'send-types',
  'sender-frame',
  'server-close',
  'server-handshake',
  'server-modes',
  'ten-thousand-messages',
  'transferring',
  'worker-threads',
];

/** For one test; Bun's own limit of five seconds is less than what our waits allow. */
const TEST_TIMEOUT_MS = 30_000;

const RUNNERS = { node: testOnNode, bun: testOnBun, deno: testOnDeno };

/**
 * Runs the tests that are meant for a runtime: on Node all behaviour tests on every driver, elsewhere a choice of them;
 * and those of `__test__/runtimes`.
 *
 * @param {import('./runtimes').Runtime} runtime
 * @param {string} program The path of the runtime
 * @param {string} folder For reports
 * @returns {Promise<{passed: number, failed: number, skipped: number}>}
 */
async function testOn({ kind, name }, program, folder) {
  const report = path.join(folder, `${name}.xml`);
  return RUNNERS[kind](program, report);
}

/**
 * `npm test` runs its tests with the Node that runs it.
 */
async function testOnNode(program, report) {
  const drivers = Object.keys(DRIVERS).flatMap((name) => ['--driver', name]);
  const { code, output } = await run(
    program,
    [inRoot('scripts', 'test.js'), ...drivers],
    { capture: true, env: { ...process.env, HAWSER_PREBUILT: '1' } },
  );
  const [, passed, failed, skipped] =
    /^Total: (\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(output) ?? [];
  const behaviour = {
    passed: Number(passed ?? 0),
    failed: Number(failed ?? 0),
  };

  const ours = await runWithReport(
    program,
    [
      '--test',
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      '--test-reporter=junit',
      `--test-reporter-destination=${report}`,
      ...testsOfRuntimes(),
    ],
    report,
  );
  return {
    passed: behaviour.passed + ours.passed,
    failed:
      behaviour.failed +
      ours.failed +
      (code !== 0 && behaviour.failed === 0 ? 1 : 0),
    skipped: Number(skipped ?? 0),
  };
}

function testOnBun(program, report) {
  const files = [...testsElsewhere(), ...testsOfRuntimes()];
  return runWithReport(
    program,
    [
      'test',
      `--timeout=${TEST_TIMEOUT_MS}`,
      '--reporter=junit',
      `--reporter-outfile=${report}`,
      // Without the dot they would be taken for parts of names.
      ...files.map((file) => `./${file}`),
    ],
    report,
  );
}

function testOnDeno(program, report) {
  return runWithReport(
    program,
    [
      'test',
      '--allow-all',
      '--no-check',
      '--no-lock',
      `--junit-path=${report}`,
      ...testsElsewhere(),
      ...testsOfRuntimes(),
    ],
    report,
  );
}

function testsElsewhere() {
  return ELSEWHERE.map((name) => `__test__/${name}.test.js`);
}

function testsOfRuntimes() {
  const folder = '__test__/runtimes';
  return fs
    .readdirSync(inRoot(folder))
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => `${folder}/${file}`);
}

/**
 * A driver chosen in the shell must not decide what the tests run on.
 */
async function runWithReport(program, args, report) {
  const { HAWSER_IO_THREADS, HAWSER_TAKEOVER, ...env } = process.env;
  const { code } = await run(program, args, { env });
  return countsOf(report, code);
}

/**
 * Every runner marks a case that failed within its element in the JUnit report.
 */
function countsOf(report, code) {
  const xml = fs.existsSync(report) ? fs.readFileSync(report, 'utf8') : '';
  const count = (pattern) => xml.match(pattern)?.length ?? 0;

  const skipped = count(/<skipped\b/g);
  const failed = count(/<(failure|error)\b/g);
  const passed = count(/<testcase\b/g) - failed - skipped;
  // The runner's own failure, such as a crash, is one more.
  const runnerFailed = (code !== 0 && failed === 0) || passed + failed === 0;
  return { passed, failed: failed + (runnerFailed ? 1 : 0), skipped };
}

module.exports = { testOn };
