'use strict';

/*
 * Plays generated scenarios for a while, on the driver that the environment chooses:
 *
 *   node __test__/differential/generated/run.js --minutes 10 --seed 1 --family traffic
 *
 * It goes on after a difference, so that one does not hide another; the exit code is 1 then. The last
 * line says how many scenarios there were.
 */

const { parseArgs } = require('node:util');
const { checkFamily } = require('./check-family');
const families = require('./families');

/** All families take turns; one turn of all of them takes this long. */
const ROUND_MS = 20_000;
/** Batches count their seeds up from the one they are given; rounds must not meet. */
const SEEDS_IN_A_ROUND = 1_000_000;

run(readArguments());

async function run({ minutes, seed, family: only }) {
  const chosen = families.filter(({ family }) => family.name.includes(only));
  const shares = chosen.reduce((sum, { share }) => sum + share, 0);
  const deadline = Date.now() + minutes * 60_000;
  let played = 0;
  let unstable = 0;
  let differences = 0;

  for (let round = 0; Date.now() < deadline && shares > 0; round++) {
    const left = Math.min(ROUND_MS, deadline - Date.now());
    for (const { family, share } of chosen) {
      const result = await checkFamily(family, {
        seed: (seed + round * SEEDS_IN_A_ROUND) % 2 ** 31,
        milliseconds: (left * share) / shares,
      });
      played += result.played;
      unstable += result.unstable;
      if (result.failure) {
        differences++;
        console.log(`\n${result.failure}\n`);
      }
    }
  }

  console.log(
    `${played} scenarios played, ${differences} differences, ${unstable} unstable`,
  );
  process.exitCode = differences > 0 || played === 0 ? 1 : 0;
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
      family: { type: 'string', default: '' },
    },
  });
  const { minutes, seed, family } = values;
  return { minutes: Number(minutes), seed: Number(seed), family };
}
