'use strict';

/*
 * Connections through bad weather, for as long as one likes, on the driver that the environment chooses.
 *
 *   HAWSER_IO_THREADS=2 node __test__/faults/run.js --minutes 10 --seed 7 --role client
 */

const { parseArgs } = require('node:util');

const { ROLES, playGenerated } = require('../support/traffic/generated');

/** One seed is played for so long. */
const SLICE_MS = 10_000;

main();

async function main() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
      role: { type: 'string' },
    },
  });
  const roles = values.role ? [values.role] : Object.keys(ROLES);
  const deadline = performance.now() + Number(values.minutes) * 60_000;
  const total = { played: 0, messages: 0, cut: 0 };
  let seed = Number(values.seed);

  for (let i = 0; performance.now() < deadline; i++) {
    const left = deadline - performance.now();
    const role = roles[i % roles.length];
    try {
      const counts = await playGenerated(role, seed, Math.min(SLICE_MS, left));
      for (const key of Object.keys(total)) total[key] += counts[key];
    } catch (error) {
      console.error(`${role}: ${error.message}`);
      process.exit(1);
    }
    if (i % roles.length === roles.length - 1) seed++;
  }
  console.log(
    `${total.played} connections, ${total.cut} of them cut off, ${total.messages} messages, seeds ${values.seed} to ${seed}`,
  );
}
