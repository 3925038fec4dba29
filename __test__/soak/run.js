'use strict';

/*
 * One soak, on the driver that the environment chooses: a server and its clients in processes of their own, rounds of
 * mixed traffic, and between two rounds a quiet moment in which nothing but a few steady connections is open. Then every
 * account is settled and both processes are measured: what does not come back to where it was is a leak.
 *
 * Prints what it found as JSON, and in one line at the end; the exit code is 0 if nothing was wrong.
 *
 *   HAWSER_IO_THREADS=2 node __test__/soak/run.js --minutes 30 --seed 1 --cpu 0.4
 */

const { parseArgs } = require('node:util');

const { Soak } = require('./soak');
const { judge, summaryOf } = require('./verdict');

const ROUND_MS = 15_000;

main(readArguments());

async function main({ minutes, seed, cpu, driver }) {
  const soak = new Soak(seed, cpu);
  const began = performance.now();
  const length = minutes * 60_000;
  const warmUp = Math.min(length / 5, 6 * 60_000);

  await soak.start();
  for (;;) {
    const at = performance.now() - began;
    if (at > length) break;
    await soak.round(Math.min(ROUND_MS, length / 8), at < warmUp);
  }
  await soak.finish();

  const report = { driver, seed, minutes, ...judge(soak, warmUp) };
  console.log(JSON.stringify(report, null, 2));
  console.log(summaryOf(report));
  process.exitCode = report.passed ? 0 : 1;
}

function readArguments() {
  const { minutes, seed, cpu, driver } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      cpu: { type: 'string', default: '0.45' },
      driver: { type: 'string', default: 'from the environment' },
    },
  }).values;
  return { minutes: +minutes, seed: +seed, cpu: +cpu, driver };
}
