'use strict';

/*
 * `npm run fuzz:api`: random calls of the API with random arguments, for as long as one likes. `npm test` makes a few
 * seconds of them.
 *
 *   npm run fuzz:api -- --minutes 10          ten minutes on each driver
 *   npm run fuzz:api -- --driver stream       on that driver (may be given more than once)
 *   npm run fuzz:api -- --seed 7              from that seed on
 */

const { parseArgs } = require('node:util');

const { setUp } = require('./setup');
const { run } = require('./test/run');
const { DRIVERS } = require('./test/suites');

/** What the last counterexample may take to be made smaller. */
const GRACE_MS = 5 * 60_000;

main(readArguments());

async function main({ drivers, minutes, seed }) {
  setUp();

  const lines = [];
  for (const driver of drivers) {
    console.log(`\n--- ${driver}, ${minutes} minutes`);
    const { code, output } = await run(
      process.execPath,
      [
        '__test__/fuzz/main.js',
        ...['--minutes', String(minutes)],
        ...['--seed', String(seed)],
      ],
      {
        capture: true,
        env: { ...process.env, ...DRIVERS[driver] },
        timeout: minutes * 60_000 + GRACE_MS,
      },
    );
    if (code !== 0) process.exitCode = 1;
    const last = output.trimEnd().split('\n').at(-1);
    lines.push(
      `  ${driver.padEnd(12)}${code === 0 ? 'ok    ' : 'FAILED'}  ${last}`,
    );
  }
  console.log(`\nSummary\n\n${lines.join('\n')}`);
}

function readArguments() {
  const { driver, minutes, seed } = parseArgs({
    options: {
      driver: { type: 'string', multiple: true },
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
    },
  }).values;

  const drivers = driver ?? Object.keys(DRIVERS);
  const unknown = drivers.find((name) => !Object.hasOwn(DRIVERS, name));
  const isSeed = Number.isSafeInteger(Number(seed));
  if (unknown !== undefined || !(Number(minutes) > 0) || !isSeed) {
    console.error(
      `--driver is one of ${Object.keys(DRIVERS).join(', ')}, --minutes and --seed are numbers.`,
    );
    process.exit(2);
  }
  return { drivers, minutes: Number(minutes), seed: Number(seed) };
}
