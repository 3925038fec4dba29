'use strict';

/*
 * The regression check: did a change make hawser slower? Two of its states are measured in turns, round after round,
 * on the event loop and with an I/O thread, and set against each other.
 *
 *   node bench/compare.js main                    that commit, and the tree as it is (built already)
 *   node bench/compare.js main my-branch          two commits
 *   node bench/compare.js ../before ../after      two folders, each with a built addon
 *   ... --only "echo 64"  --rounds 15  --threshold 3
 *
 * A commit is unpacked into a temporary folder and built there, with the development packages of this folder. Exits
 * with 1 when a case has become slower by more than the threshold (5 %), and not by accident: the median of the rounds'
 * ratios says so, at least three rounds in four were slower, and the cheapest round became dearer as well.
 */

const path = require('node:path');
const { parseArgs } = require('node:util');

const { CASES } = require('./runner/cases');
const { describeMachine } = require('./runner/machine');
const { measure } = require('./runner/measure');
const { prepare } = require('./runner/revision');
const { setUpBench } = require('./runner/setup');
const { costOf, mainThreadCostOf, median } = require('./runner/statistics');

const SERVER = path.join(__dirname, 'servers', 'ws.js');
const HERE = path.join(__dirname, '..');
/** What has to be slower for a slower case to be no accident: this share of the rounds. */
const CERTAIN = 0.75;
/** And so much the cheapest round, which noise touches least. */
const DEARER = 1.02;

const DRIVERS = [
  { name: 'event loop', env: { HAWSER_IO_THREADS: '0' }, pick: costOf },
  {
    name: 'JavaScript thread, 1 I/O thread',
    env: { HAWSER_IO_THREADS: '1' },
    pick: mainThreadCostOf,
  },
];

/** Those that between them run through everything that costs. */
const GUARDED = [
  'echo 64 × 1 × 125 B',
  'echo 64 × 16 × 125 B',
  'echo 64 × 1 × 16 KB',
  'echo 8 × 1 × 1 MB',
  'fan-out to 1,000, 1 KB',
  'deflate, takeover, 1 KB JSON',
  'client, echo 64 × 1 × 125 B',
];

main();

async function main() {
  const options = readArguments();

  setUpBench();
  console.log(`Node.js ${process.version} on ${describeMachine()}`);

  const states = options.states.map(prepare);

  try {
    const slower = await compare(states, options);

    process.exitCode = slower > 0 ? 1 : 0;
  } finally {
    for (const { discard } of states) discard();
  }
}

/**
 * @returns {Promise<number>} how many comparisons found the second state slower
 */
async function compare(states, { cases, rounds, seconds, threshold }) {
  let slower = 0;

  console.log(
    `CPU µs for an operation, ${states.map(({ name }) => name).join(' -> ')}, ${rounds} rounds`,
  );

  for (const shape of cases) {
    for (const driver of DRIVERS) {
      const runs = await takeTurns(states, shape, driver, rounds, seconds);
      const verdict = judge(runs.map((each) => each.map(driver.pick)));

      if (verdict.ratio > 1 + threshold / 100 && verdict.certain) slower++;
      printVerdict(shape, driver, verdict, threshold);
    }
  }

  return slower;
}

async function takeTurns(states, shape, driver, rounds, seconds) {
  const runs = states.map(() => []);

  for (let round = 0; round < rounds; round++) {
    // Who goes first changes from round to round.
    for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const contestant = {
        command: [process.execPath, '--expose-gc', SERVER],
        env: { ...driver.env, BENCH_MODULE: states[index].folder },
      };

      runs[index].push(await measure(contestant, shape, seconds));
    }
  }

  return runs;
}

function judge([before, after]) {
  const ratios = after.map((value, round) => value / before[round]);
  const share = ratios.filter((ratio) => ratio > 1).length / ratios.length;

  return {
    before: median(before),
    after: median(after),
    ratio: median(ratios),
    least: Math.min(...ratios),
    most: Math.max(...ratios),
    certain:
      share >= CERTAIN && Math.min(...after) > Math.min(...before) * DEARER,
  };
}

function printVerdict(shape, driver, verdict, threshold) {
  const { before, after, ratio, least, most, certain } = verdict;
  const slower = ratio > 1 + threshold / 100;
  const word = slower ? (certain ? 'SLOWER' : 'slower, or noise') : '';

  console.log(
    [
      `${shape.name}, ${driver.name}`.padEnd(66),
      before.toFixed(2).padStart(8),
      after.toFixed(2).padStart(8),
      `× ${ratio.toFixed(3)}`.padStart(8),
      `(${least.toFixed(2)} to ${most.toFixed(2)})`.padStart(15),
      word,
    ].join(' '),
  );
}

function readArguments() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '9' },
      seconds: { type: 'string', default: '0.8' },
      threshold: { type: 'string', default: '5' },
    },
  });

  if (positionals.length === 0 || positionals.length > 2) {
    console.error('Name one commit or folder to compare with, or two.');
    process.exit(2);
  }

  const words = values.only?.split(' ');

  return {
    states: positionals.length === 1 ? [...positionals, HERE] : positionals,
    cases: CASES.filter(({ name, mode }) =>
      words
        ? mode !== 'idle' && words.every((word) => name.includes(word))
        : GUARDED.includes(name),
    ),
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    threshold: Number(values.threshold),
  };
}
