'use strict';

/*
 * `npm run test:memcheck`: the tests of the crate, all below the bridge, under valgrind: reads of memory that nobody has
 * written, accesses beside or after its life, in whatever language, and what is never given back.
 *
 * Needs valgrind (Debian: valgrind). `-- protocol::mask` chooses tests, as with `cargo test`.
 */

const { inRoot } = require('./setup/root');
const { countsOf, testBinary } = require('./test/rust-tests');
const { run } = require('./test/run');
const { printSummary } = require('./test/summary');

/** Valgrind is some fifty times slower: a few generated cases have to do. */
const CASES = '2';

/** What measures time. */
const NOT_HERE = ['a_long_header_takes_linear_time'];

main();

async function main() {
  const binary = await testBinary();
  const started = performance.now();
  const { code, output } = await run(
    'valgrind',
    [
      '--quiet',
      '--error-exitcode=9',
      '--leak-check=full',
      '--show-leak-kinds=definite',
      '--errors-for-leak-kinds=definite',
      `--suppressions=${inRoot('scripts', 'memcheck', 'suppressions.txt')}`,
      binary,
      '--test-threads=1',
      ...NOT_HERE.flatMap((name) => ['--skip', name]),
      ...process.argv.slice(2),
    ],
    { capture: true, env: { ...process.env, PROPTEST_CASES: CASES } },
  );
  const seconds = (performance.now() - started) / 1000;
  const counts = countsOf(output, code);

  process.exitCode = printSummary([{ name: 'memcheck', seconds, ...counts }])
    ? 0
    : 1;
}
