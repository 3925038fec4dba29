'use strict';

/*
 * `npm run test:miri`: tests of `protocol` in Miri, which sees undefined behaviour that no machine shows: every access, and
 * what the language says about it. It is some thousand times slower than the machine, so that only what has `unsafe` in
 * it, or is quick, is played there. `-- protocol::decoder` chooses others.
 *
 * Needs Rust's nightly toolchain with its components miri and rust-src.
 */

const { chosenTests, runWatchedTests } = require('./test/watched-tests');

const TESTS = [
  'protocol::close',
  'protocol::encoder',
  'protocol::error',
  'protocol::frame',
  'protocol::mask',
  'protocol::utf8',
];

const args = ['+nightly', 'miri', 'test', '--locked', '--no-default-features'];

args.push('--lib', '--target-dir', 'target/test-builds/miri', '--');
args.push(...chosenTests(TESTS));

runWatchedTests('miri', 'cargo', args, {
  MIRIFLAGS: '-Zmiri-disable-isolation',
  PROPTEST_CASES: '2',
});
