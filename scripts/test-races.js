'use strict';

/*
 * `npm run test:races`: the tests of what crosses threads, with a build that ThreadSanitizer watches, the standard library
 * included: the queues to and from I/O threads, their wake-ups, connections that move, the drain and the end.
 *
 * Needs Linux and Rust's nightly toolchain with its component rust-src.
 */

const { countsOf, hostOf } = require('./test/rust-tests');
const { run } = require('./test/run');
const { printSummary } = require('./test/summary');

const TESTS = ['driver::', 'connection::'];

main();

async function main() {
  const args = ['+nightly', 'test', '--locked', '--no-default-features'];

  args.push('-Zbuild-std', '--target', hostOf('nightly'));
  args.push('--target-dir', 'target/test-builds/thread', '--lib', '--');
  args.push(...(process.argv.length > 2 ? process.argv.slice(2) : TESTS));

  const started = performance.now();
  const { code, output } = await run('cargo', args, {
    capture: true,
    env: {
      ...process.env,
      RUSTFLAGS: '-Zsanitizer=thread',
      TSAN_OPTIONS: 'halt_on_error=0:exitcode=66',
      // What is generated is not about threads.
      PROPTEST_CASES: '8',
    },
  });
  const seconds = (performance.now() - started) / 1000;
  const counts = countsOf(output, code);

  process.exitCode = printSummary([{ name: 'races', seconds, ...counts }])
    ? 0
    : 1;
}
