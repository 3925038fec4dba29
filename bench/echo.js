'use strict';

/*
 * `npm run bench`: hawser beside `ws`, echoing small messages.
 *
 * Every variant runs the same server program in a process of its own, and is driven by the same load generator in
 * another. The variants take turns, round after round, so that a machine whose speed drifts treats them alike. What
 * counts are the ratios: CPU time per message, of the whole server process and of its JavaScript thread alone.
 *
 *   npm run bench                    three rounds of every case
 *   npm run bench -- --rounds 5      more of them
 *   npm run bench -- --seconds 1     shorter ones (2 by default)
 */

const { parseArgs } = require('node:util');

const { setUp } = require('../scripts/setup');
const { measure } = require('./echo/measure');
const { printCase, printMachine } = require('./echo/report');

const CASES = [
  { connections: 64, inFlight: 1, bytes: 125 },
  { connections: 64, inFlight: 16, bytes: 125 },
  { connections: 64, inFlight: 1, bytes: 16 * 1024 },
];

/** What is compared. `ws` comes first: the others are set against it. */
const VARIANTS = [
  { name: 'ws + bufferutil', module: 'ws', env: {} },
  { name: 'ws', module: 'ws', env: { WS_NO_BUFFER_UTIL: '1' } },
  { name: 'hawser, event loop', env: { HAWSER_IO_THREADS: '0' } },
  { name: 'hawser, 1 I/O thread', env: { HAWSER_IO_THREADS: '1' } },
  { name: 'hawser, stream', env: { HAWSER_TAKEOVER: '0' } },
];

main();

async function main() {
  const { rounds, seconds } = readArguments();

  setUp();
  printMachine();

  for (const shape of CASES) {
    const results = VARIANTS.map(({ name }) => ({ name, runs: [] }));

    for (let round = 0; round < rounds; round++) {
      for (const [index, variant] of VARIANTS.entries()) {
        results[index].runs.push(await measure(variant, shape, seconds));
      }
    }

    printCase(shape, results);
  }
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '2' },
    },
  });

  const rounds = Number(values.rounds);
  const seconds = Number(values.seconds);

  if (!(Number.isInteger(rounds) && rounds > 0 && seconds > 0)) {
    console.error('--rounds takes a whole number from 1, --seconds a number.');
    process.exit(2);
  }

  return { rounds, seconds };
}
