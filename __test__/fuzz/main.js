'use strict';

/*
 * Fuzzes the API on the driver that the environment chooses; `scripts/fuzz-api.js` does so on each.
 *
 *   HAWSER_IO_THREADS=2 node __test__/fuzz/main.js --minutes 5 --seed 7
 */

const { parseArgs } = require('node:util');

const { fuzz } = require('./run');

main();

async function main() {
  const { minutes, seed } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
    },
  }).values;

  const { plans, calls, thrown, likewise, failure } = await fuzz({
    seed: Number(seed),
    milliseconds: Number(minutes) * 60_000,
    log: console.log,
  });
  if (failure !== null) {
    console.log(`\n${failure.text}\n`);
    console.log(`node --expose-gc __test__/fuzz/program.js --plan '`);
    console.log(`${JSON.stringify(failure.plan)}'\n`);
    process.exitCode = 1;
  }
  console.log(
    `${calls} calls in ${plans} plans, of which ${thrown} threw` +
      (likewise > 0 ? `; ${likewise} faults that ws has, too` : '') +
      (failure === null ? '' : `; seed ${failure.seed} failed`),
  );
}
