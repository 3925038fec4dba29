'use strict';

/*
 * `npm run test:differential`: generated scenarios against `ws` and hawser, for as long as one likes. `npm test`
 * plays a few seconds of them.
 *
 *   npm run test:differential -- --minutes 10             ten minutes on each driver
 *   npm run test:differential -- --driver stream          on that driver (may be given more than once)
 *   npm run test:differential -- --family traffic         only scenarios with that in their name
 *   npm run test:differential -- --seed 7                 from that seed on
 */

const { parseArgs } = require('node:util');

const { setUp } = require('./setup');
const { run } = require('./test/run');
const { DRIVERS } = require('./test/suites');

/** What the last counterexample may take to be made smaller. */
const GRACE_MS = 5 * 60_000;

main(readArguments());

async function main({ drivers, minutes, rest }) {
  setUp();

  const lines = [];
  for (const driver of drivers) {
    console.log(`\n--- ${driver}, ${minutes} minutes`);
    const { code, output } = await run(
      process.execPath,
      [
        '__test__/differential/generated/run.js',
        ...['--minutes', String(minutes)],
        ...rest,
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
  const { driver, minutes, seed, family } = parseArgs({
    options: {
      driver: { type: 'string', multiple: true },
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string' },
      family: { type: 'string' },
    },
  }).values;

  const drivers = driver ?? Object.keys(DRIVERS);
  const unknown = drivers.find((name) => !Object.hasOwn(DRIVERS, name));
  if (unknown !== undefined || !(Number(minutes) > 0)) {
    console.error(
      `--driver is one of ${Object.keys(DRIVERS).join(', ')}, --minutes a number.`,
    );
    process.exit(2);
  }
  const rest = [];
  if (seed !== undefined) rest.push('--seed', seed);
  if (family !== undefined) rest.push('--family', family);
  return { drivers, minutes: Number(minutes), rest };
}
