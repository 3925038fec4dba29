'use strict';

/*
 * `npm run test:asan`: the behaviour tests, and those of panics, with an engine that AddressSanitizer watches, on every
 * driver. It sees each access to memory that was freed, or is nobody's, by the engine; Node's own code is not watched,
 * but the memory it gives the engine (Buffers) is. Leaks are not looked for: Node leaves much to the end of the process.
 *
 * Needs Linux, gcc for its run-time library (Debian: build-essential), and Rust's nightly toolchain.
 *
 *   npm run test:asan -- --driver stream --only echo
 */

const { execFileSync } = require('node:child_process');
const { parseArgs } = require('node:util');

const { setUp } = require('./setup');
const { runNodeTests } = require('./test/node-tests');
const { buildForTests } = require('./test/other-builds');
const { hostOf } = require('./test/rust-tests');
const { ALWAYS, DRIVERS, testFilesIn } = require('./test/suites');
const { printSummary } = require('./test/summary');

/** What measures memory, of which the sanitizer keeps much. */
const MEASURES_MEMORY = /memory/;

main();

async function main() {
  const { values } = parseArgs({
    options: {
      driver: { type: 'string', multiple: true },
      only: { type: 'string' },
    },
  });

  setUp();

  const addon = await buildForTests('address', {
    toolchain: 'nightly',
    target: hostOf('nightly'),
    rustFlags: '-Zsanitizer=address -Cforce-frame-pointers=yes',
  });
  const files = ['__test__', '__test__/panics']
    .flatMap(testFilesIn)
    .filter((file) => !MEASURES_MEMORY.test(file))
    .filter((file) => !values.only || file.includes(values.only));
  const results = [];

  for (const driver of values.driver ?? ALWAYS) {
    console.log(`\n--- ${driver}`);
    const started = performance.now();
    const counts = await runNodeTests(files, {
      ...DRIVERS[driver],
      NAPI_RS_NATIVE_LIBRARY_PATH: addon,
      // The run-time library has to be there before Node is.
      LD_PRELOAD: runtimeLibrary(),
      // V8 has handlers of its own for faults.
      ASAN_OPTIONS:
        'detect_leaks=0:allow_user_segv_handler=1:abort_on_error=1:detect_stack_use_after_return=0',
    });
    const seconds = (performance.now() - started) / 1000;
    results.push({ name: driver, seconds, ...counts });
  }

  process.exitCode = printSummary(results) ? 0 : 1;
}

function runtimeLibrary() {
  return execFileSync('gcc', ['-print-file-name=libasan.so'], {
    encoding: 'utf8',
  }).trim();
}
