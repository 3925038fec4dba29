'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');

const { makePlan } = require('./plan');

const PROGRAM = path.join(__dirname, 'program.js');

/** Plans that one process plays. */
const BATCH = 10;

/** For one batch; a process that takes longer hangs. */
const TIMEOUT_MS = 90_000;

/** What making a counterexample smaller may take. */
const SHRINKING_MS = 120_000;

/**
 * @typedef {object} Outcome
 * @property {number} plans that were played
 * @property {number} calls that were made
 * @property {number} thrown how many of them threw
 * @property {number} likewise faults that `ws` has as well
 * @property {Failure | null} failure
 *
 * @typedef {object} Failure
 * @property {number} seed
 * @property {string} text what was wrong
 * @property {Step[]} plan the smallest that shows it
 */

/**
 * Plays plans until the time is up or one of them fails.
 *
 * @param {object} options
 * @param {number} options.seed of the first
 * @param {number} options.milliseconds
 * @param {(line: string) => void} [options.log]
 * @returns {Promise<Outcome>}
 */
async function fuzz({ seed, milliseconds, log = () => {} }) {
  const outcome = { plans: 0, calls: 0, thrown: 0, likewise: 0, failure: null };
  const deadline = Date.now() + milliseconds;
  let next = seed;
  while (Date.now() < deadline) {
    const left = deadline - Date.now();
    const count = left < 15_000 ? 2 : BATCH;
    const args = ['--seed', String(next), '--count', String(count)];
    const played = await play(args);
    for (const { calls, thrown } of played.ends) {
      outcome.plans += 1;
      outcome.calls += calls;
      outcome.thrown += thrown;
    }
    if (played.fault === null) {
      next += count;
      continue;
    }
    const failed = played.seed ?? next;
    next = failed + 1;
    log(`seed ${failed}: ${played.fault}`);
    if (await isLikewise(makePlan(failed), played.fault)) {
      outcome.likewise += 1;
      log('ws does it, too');
      continue;
    }
    const plan = await shrink(makePlan(failed), log);
    outcome.failure = { seed: failed, text: played.fault, plan };
    break;
  }
  return outcome;
}

/**
 * Plays plans in a process of their own.
 *
 * @param {string[]} args
 * @param {object} [environment] of that process, besides ours
 */
function play(args, environment = {}) {
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--no-warnings', PROGRAM, ...args],
    {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stdout = '';
  let stderr = '';
  let hangs = false;
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const timer = setTimeout(() => {
    hangs = true;
    child.kill('SIGKILL');
  }, TIMEOUT_MS);

  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const begun = [...stdout.matchAll(/^begin (\d+)$/gm)].at(-1)?.[1];
      const ends = [...stdout.matchAll(/^end \w+ (\d+) (\d+)$/gm)];
      const faults = [...stdout.matchAll(/^fault ([^]*?)(?=^fault |^end )/gm)];
      let fault = null;
      if (hangs) fault = `it hangs\n${stdout.slice(-500)}`;
      else if (signal !== null) fault = `it was ended by ${signal}`;
      else if (faults.length > 0) fault = faults[0][1].trimEnd();
      else if (code !== 0) fault = `it ended with ${code}`;
      resolve({
        seed: begun === undefined ? undefined : Number(begun),
        ends: ends.map(([, calls, thrown]) => ({
          calls: Number(calls),
          thrown: Number(thrown),
        })),
        fault: fault === null ? null : `${fault}\n${stderr.slice(-2000)}`,
      });
    });
  });
}

/**
 * Whether `ws` has the same fault with the plan: what hostile arguments do to it they may do to us.
 */
async function isLikewise(plan, fault) {
  const control = { HAWSER_TEST_SUBJECT: 'ws' };
  const { fault: theirs } = await playPlan(plan, control);
  return theirs !== null && headline(theirs) === headline(fault);
}

function headline(fault) {
  return fault.split('\n')[0].replace(/\d+/g, 'N');
}

/** Leaves out what a plan can do without and still fail. */
async function shrink(plan, log) {
  const deadline = Date.now() + SHRINKING_MS;
  const fails = async (smaller) => (await playPlan(smaller)).fault !== null;
  if (!(await fails(plan))) {
    log('it does not happen each time');
    return plan;
  }
  let size = plan.length >> 1;
  while (size > 0 && Date.now() < deadline) {
    let removed = false;
    for (let at = 0; at < plan.length && Date.now() < deadline;) {
      const smaller = [...plan.slice(0, at), ...plan.slice(at + size)];
      if (await fails(smaller)) {
        plan = smaller;
        removed = true;
      } else {
        at += size;
      }
    }
    if (!removed || size > 1) size >>= 1;
  }
  return plan;
}

function playPlan(plan, environment) {
  return play(['--plan', JSON.stringify(plan)], environment);
}

module.exports = { fuzz };
