'use strict';

/*
 * `npm test`: the set-up, then every test there is, Rust's and Node's, and a summary. The exit code is 0 only if all
 * of them passed.
 *
 *   npm test -- --driver io_threads   only the behaviour tests, only on that driver (may be given more than once)
 *   npm test -- --only echo           only the Node test files whose path contains "echo"
 */

const { parseArgs } = require('node:util');

const { setUp } = require('./setup');
const { selectSuites, DRIVERS } = require('./test/suites');
const { printSummary } = require('./test/summary');

main();

async function main() {
  const selection = readArguments();
  setUp();

  const suites = selectSuites(selection);
  if (suites.length === 0) {
    refuse(`No test file has "${selection.only}" in its path.`);
  }

  const results = [];
  for (const suite of suites) {
    console.log(`\n--- ${suite.name}`);
    const started = performance.now();
    const counts = await suite.run();
    const seconds = (performance.now() - started) / 1000;
    results.push({ name: suite.name, seconds, ...counts });
  }

  const passed = printSummary(results);
  process.exitCode = passed ? 0 : 1;
}

function readArguments() {
  const options = {
    driver: { type: 'string', multiple: true },
    only: { type: 'string' },
  };
  try {
    const { driver, only } = parseArgs({ options }).values;
    const unknown = driver?.find((name) => !Object.hasOwn(DRIVERS, name));
    if (unknown !== undefined) {
      refuse(
        `There is no driver "${unknown}", only ${Object.keys(DRIVERS).join(', ')}.`,
      );
    }
    return { drivers: driver, only };
  } catch (error) {
    return refuse(error.message);
  }
}

function refuse(reason) {
  console.error(reason);
  process.exit(2);
}
