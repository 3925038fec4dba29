'use strict';

/*
 * `npm run bench`: hawser, on each of its drivers, beside `ws`, uWebSockets.js, Bun and a bare Rust server.
 *
 *   npm run bench                         all of it: about 25 minutes; writes docs/benchmarks.md and its pictures
 *   npm run bench -- --quick              some cases, one round: about a minute; writes nothing
 *   npm run bench -- --only echo          the cases with "echo" in their name; several words: all of them
 *   npm run bench -- --rounds 9           5 unless told otherwise
 *   npm run bench -- --seconds 2          how long each run is measured
 *   npm run bench -- --servers hawser,ws  those that begin so: ws, ws-bufferutil, hawser-loop, uws, bun, floor ...
 *   npm run bench -- --write              writes the document in any case
 *   npm run bench -- --from FILE          writes the document from a former run's results (see --save)
 *   npm run bench -- --save FILE          keeps what every run measured, as JSON
 *
 * Every run has processes of its own: the server on one processor, the load generator on the other. Contestants take
 * turns, round after round, so that a machine whose speed drifts treats them alike. What counts are the ratios.
 */

const fs = require('node:fs');
const { parseArgs } = require('node:util');

const { setUp } = require('../scripts/setup');
const { CASES } = require('./runner/cases');
const { findContestants } = require('./runner/contestants');
const { writeDocument } = require('./runner/document');
const { describeMachine } = require('./runner/machine');
const { measure } = require('./runner/measure');
const { CaseResult } = require('./runner/results');
const { setUpBench } = require('./runner/setup');
const { printCase } = require('./runner/terminal');

/** The points that only the curves need are measured less often. */
const MOST_CURVE_ROUNDS = 3;
/** Memory varies little, and connecting takes long. */
const MOST_IDLE_ROUNDS = 3;
const QUICK = { rounds: 1, seconds: 0.5 };
const FULL = { rounds: 5, seconds: 0.7 };
/** Left out of a quick run. */
const SLOW_TO_ADD = ['ws', 'hawser'];

main();

async function main() {
  const options = readArguments();

  if (options.from) {
    writeDocument(revive(options.from));
    return;
  }

  setUp();
  setUpBench();

  const report = await run(options);

  if (options.save) fs.writeFileSync(options.save, JSON.stringify(report));
  if (options.write) writeDocument(report);
}

/**
 * @returns {Promise<import('./runner/document').Report>}
 */
async function run(options) {
  const { contestants, missing } = findContestants();
  const chosen = contestants.filter(({ id }) =>
    options.servers
      ? options.servers.some((word) => id.startsWith(word))
      : !(options.quick && SLOW_TO_ADD.includes(id)),
  );
  const began = Date.now();
  const cases = [];

  console.log(`Node.js ${process.version} on ${describeMachine()}`);
  for (const { name, reason } of missing) {
    console.log(`${name} is left out: ${reason}.`);
  }

  for (const shape of CASES.filter((each) => isWanted(each, options))) {
    const result = await runCase(shape, chosen, options);

    printCase(result);
    cases.push(result);
  }

  return {
    command: options.command,
    date: new Date(began).toISOString().slice(0, 10),
    minutes: Math.round((Date.now() - began) / 60_000),
    machine: describeMachine(),
    node: process.version,
    rounds: options.rounds,
    seconds: options.seconds,
    contestants: chosen.map(({ id, name, version }) => ({ id, name, version })),
    missing,
    cases,
  };
}

function isWanted(shape, { quick, only }) {
  if (quick && !shape.quick) return false;
  return only.every((word) => shape.name.includes(word));
}

async function runCase(shape, contestants, { rounds, seconds }) {
  const taking = contestants.filter((contestant) => takes(contestant, shape));
  const results = taking.map(({ id, name, kind }) => ({
    id,
    name,
    kind,
    runs: [],
  }));

  for (let round = 0; round < roundsOf(shape, rounds); round++) {
    for (let turn = 0; turn < taking.length; turn++) {
      // Nobody always comes after the same one.
      const index = (turn + round) % taking.length;

      results[index].runs[round] = await attempt(taking[index], shape, seconds);
    }
  }

  return new CaseResult(shape, results);
}

function takes(contestant, shape) {
  if (shape.mode === 'client') return contestant.client;
  if (shape.onlyCurve) return contestant.onCurves;
  return contestant.compresses || (shape.deflate ?? 'off') === 'off';
}

function roundsOf(shape, rounds) {
  if (shape.onlyCurve) return Math.min(rounds, MOST_CURVE_ROUNDS);
  if (shape.mode === 'idle') return Math.min(rounds, MOST_IDLE_ROUNDS);
  return rounds;
}

/** A run that fails is told of, and leaves a gap; the others go on. */
async function attempt(contestant, shape, seconds) {
  try {
    return await measure(contestant, shape, seconds);
  } catch (error) {
    console.error(`${shape.name}, ${contestant.name}: ${error.message}`);
    return null;
  }
}

function revive(file) {
  const report = JSON.parse(fs.readFileSync(file, 'utf8'));
  const cases = report.cases.map(
    ({ shape, results }) => new CaseResult(shape, results),
  );

  return { ...report, cases };
}

function readArguments() {
  const values = parseOptions();
  const preset = values.quick ? QUICK : FULL;
  const rounds = Number(values.rounds ?? preset.rounds);
  const seconds = Number(values.seconds ?? preset.seconds);

  if (!(Number.isInteger(rounds) && rounds > 0 && seconds > 0)) {
    console.error('--rounds takes a whole number from 1, --seconds a number.');
    process.exit(2);
  }

  const only = values.only.split(' ').filter(Boolean);
  const servers = values.servers?.split(',');
  const complete = !values.quick && only.length === 0 && !servers;

  return {
    ...{ rounds, seconds, only, servers },
    quick: values.quick,
    save: values.save,
    from: values.from,
    write: values.write ?? complete,
    command: `npm run bench${commandLine(values)}`,
  };
}

function commandLine({ quick, only, rounds, seconds, servers }) {
  const flags = [
    quick && '--quick',
    only && `--only "${only}"`,
    rounds && `--rounds ${rounds}`,
    seconds && `--seconds ${seconds}`,
    servers && `--servers "${servers}"`,
  ].filter(Boolean);

  return flags.length > 0 ? ` -- ${flags.join(' ')}` : '';
}

function parseOptions() {
  try {
    return parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', default: '' },
        servers: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        save: { type: 'string' },
        from: { type: 'string' },
        write: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    console.error(error.message);
    return process.exit(2);
  }
}
