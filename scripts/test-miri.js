'use strict';

/*
 * `npm run test:miri`: tests of `protocol` in Miri, which sees undefined behaviour that no machine shows: every access, and
 * what the language says about it. It is some thousand times slower than the machine, so that only what has `unsafe` in
 * it, or is quick, is played there. `-- protocol::decoder` chooses others.
 *
 * Needs Rust's nightly toolchain with its components miri and rust-src.
 */

const { countsOf } = require('./test/rust-tests');
const { run } = require('./test/run');
const { printSummary } = require('./test/summary');

const TESTS = [
  'protocol::close',
  'protocol::encoder',
  'protocol::error',
  'protocol::frame',
  'protocol::mask',
  'protocol::utf8',
];

main();

async function main() {
  const args = [
    '+nightly',
    'miri',
    'test',
    '--locked',
    '--no-default-features',
  ];

  args.push('--lib', '--target-dir', 'target/test-builds/miri', '--');
  args.push(...(process.argv.length > 2 ? process.argv.slice(2) : TESTS));

  const started = performance.now();
  const { code, output } = await run('cargo', args, {
    capture: true,
    env: {
      ...process.env,
      MIRIFLAGS: '-Zmiri-disable-isolation',
      PROPTEST_CASES: '2',
    },
  });
  const seconds = (performance.now() - started) / 1000;
  const counts = countsOf(output, code);

  process.exitCode = printSummary([{ name: 'miri', seconds, ...counts }])
    ? 0
    : 1;
}
