'use strict';

/*
 * `npm run test:memcheck`: the tests of the crate, all below the bridge, under valgrind: reads of memory that nobody has
 * written, accesses beside or after its life, in whatever language, and what is never given back.
 *
 * Needs valgrind (Debian: valgrind). `-- protocol::mask` chooses tests, as with `cargo test`.
 */

const { inRoot } = require('./setup/root');
const { testBinary } = require('./test/rust-tests');
const { chosenTests, runWatchedTests } = require('./test/watched-tests');

/** Valgrind is some fifty times slower: a few generated cases have to do. */
const CASES = '2';

/** What measures time. */
const NOT_HERE = ['a_long_header_takes_linear_time'];

main();

async function main() {
  const args = [
    '--quiet',
    '--error-exitcode=9',
    '--leak-check=full',
    '--show-leak-kinds=definite',
    '--errors-for-leak-kinds=definite',
    `--suppressions=${inRoot('scripts', 'memcheck', 'suppressions.txt')}`,
    await testBinary(),
    '--test-threads=1',
    ...NOT_HERE.flatMap((name) => ['--skip', name]),
    ...chosenTests([]),
  ];

  await runWatchedTests('memcheck', 'valgrind', args, {
    PROPTEST_CASES: CASES,
  });
}
