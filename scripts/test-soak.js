'use strict';

/*
 * `npm run test:soak`, or `npm run soak`: mixed traffic between two processes for as long as one likes, every message
 * accounted for, memory and descriptors watched.
 *
 *   npm run soak -- --minutes 30                     half an hour on each driver, one after the other
 *   npm run soak -- --minutes 30 --driver stream     on that driver (may be given more than once)
 *   npm run soak -- --seed 7                         other traffic
 *   npm run soak -- --cpu 0.2                        slower: both processes together use a fifth of a processor
 *
 * Soaks on different drivers may run side by side.
 */

const { parseArgs } = require('node:util');

const { setUp } = require('./setup');
const { run } = require('./test/run');
const { DRIVERS } = require('./test/suites');

/** The drivers that are measured unless others are asked for. */
const USUAL = ['event_loop', 'io_threads', 'stream'];
/** What the last round and its end may take. */
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
        '__test__/soak/run.js',
        ...['--minutes', String(minutes), '--driver', driver],
        ...rest,
      ],
      {
        capture: true,
        env: { ...process.env, ...DRIVERS[driver] },
        timeout: minutes * 60_000 + GRACE_MS,
      },
    );
    if (code !== 0) process.exitCode = 1;
    lines.push(output.trimEnd().split('\n').at(-1));
  }
  console.log(`\nSummary\n\n${lines.join('\n')}`);
}

function readArguments() {
  const { driver, minutes, seed, cpu } = parseArgs({
    options: {
      driver: { type: 'string', multiple: true },
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string' },
      cpu: { type: 'string' },
    },
  }).values;

  const drivers = driver ?? USUAL;
  const unknown = drivers.find((name) => !Object.hasOwn(DRIVERS, name));
  if (unknown !== undefined || !(Number(minutes) > 0)) {
    console.error(
      `--driver is one of ${Object.keys(DRIVERS).join(', ')}, --minutes a number.`,
    );
    process.exit(2);
  }
  const rest = [];
  if (seed !== undefined) rest.push('--seed', seed);
  if (cpu !== undefined) rest.push('--cpu', cpu);
  return { drivers, minutes: Number(minutes), rest };
}
