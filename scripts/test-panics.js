'use strict';

/*
 * `npm run test:panics`: what a panic of the engine does, on every driver, with a build that panics when it is asked to.
 *
 *   npm run test:panics -- --driver stream    only on that driver (may be given more than once)
 */

const { parseArgs } = require('node:util');

const { setUp } = require('./setup');
const { runNodeTests } = require('./test/node-tests');
const { buildForTests } = require('./test/other-builds');
const { ALWAYS, DRIVERS, testFilesIn } = require('./test/suites');
const { printSummary } = require('./test/summary');

main();

async function main() {
  const { values } = parseArgs({
    options: { driver: { type: 'string', multiple: true } },
  });

  setUp();

  const addon = await buildForTests('forced-panics');
  const results = [];

  for (const driver of values.driver ?? ALWAYS) {
    console.log(`\n--- ${driver}`);
    const started = performance.now();
    const counts = await runNodeTests(testFilesIn('__test__/panics'), {
      ...DRIVERS[driver],
      NAPI_RS_NATIVE_LIBRARY_PATH: addon,
    });
    const seconds = (performance.now() - started) / 1000;
    results.push({ name: driver, seconds, ...counts });
  }

  process.exitCode = printSummary(results) ? 0 : 1;
}
