'use strict';

const { parseArgs } = require('node:util');

const { setUp } = require('../setup');
const { run } = require('./run');
const { DRIVERS } = require('./suites');

/** What a program may take longer than it is told to. */
const GRACE_MS = 5 * 60_000;

/**
 * Runs a program that goes on for `--minutes`, on one driver after the other, and shows their last lines. The command
 * line may choose: `--driver` (more than once), `--minutes`, and what the program itself takes.
 *
 * @param {object} play
 * @param {string} play.program its path from the top folder
 * @param {string[]} play.usual the drivers if none is given
 * @param {string[]} play.options what is passed on to the program
 * @param {boolean} [play.tellsDriver] whether it is told the name of the driver
 */
async function playOnDrivers({ program, usual, options, tellsDriver }) {
  const { driver, minutes, ...others } = readArguments(options);
  const rest = Object.entries(others).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ]);
  setUp();

  const lines = [];
  for (const name of driver ?? usual) {
    console.log(`\n--- ${name}, ${minutes} minutes`);
    const { code, output } = await run(
      process.execPath,
      [
        program,
        ...['--minutes', minutes],
        ...(tellsDriver ? ['--driver', name] : []),
        ...rest,
      ],
      {
        capture: true,
        env: { ...process.env, ...DRIVERS[name] },
        timeout: Number(minutes) * 60_000 + GRACE_MS,
      },
    );
    if (code !== 0) process.exitCode = 1;
    const last = output.trimEnd().split('\n').at(-1);
    lines.push(
      `  ${name.padEnd(12)}${code === 0 ? 'ok    ' : 'FAILED'}  ${last}`,
    );
  }
  console.log(`\nSummary\n\n${lines.join('\n')}`);
}

module.exports = { playOnDrivers };

function readArguments(names) {
  const { values } = parseArgs({
    options: {
      driver: { type: 'string', multiple: true },
      minutes: { type: 'string', default: '1' },
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    },
  });
  const unknown = values.driver?.find((name) => !Object.hasOwn(DRIVERS, name));
  if (unknown !== undefined || !(Number(values.minutes) > 0)) {
    console.error(
      `--driver is one of ${Object.keys(DRIVERS).join(', ')}, --minutes a number.`,
    );
    process.exit(2);
  }
  return values;
}
