'use strict';

/*
 * `npm run test:races`: the tests of what crosses threads, with a build that ThreadSanitizer watches, the standard library
 * included: the queues to and from I/O threads, their wake-ups, connections that move, the drain and the end.
 *
 * Needs Linux and Rust's nightly toolchain with its component rust-src.
 */

const { hostOf } = require('./test/rust-tests');
const { chosenTests, runWatchedTests } = require('./test/watched-tests');

const TESTS = ['driver::', 'connection::'];

const args = ['+nightly', 'test', '--locked', '--no-default-features'];

args.push('-Zbuild-std', '--target', hostOf('nightly'));
args.push('--target-dir', 'target/test-builds/thread', '--lib', '--');
args.push(...chosenTests(TESTS));

runWatchedTests('races', 'cargo', args, {
  RUSTFLAGS: '-Zsanitizer=thread',
  TSAN_OPTIONS: 'halt_on_error=0:exitcode=66',
  // What is generated is not about threads.
  PROPTEST_CASES: '8',
});
