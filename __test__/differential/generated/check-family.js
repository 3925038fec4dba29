'use strict';

const { inspect } = require('node:util');
const fc = require('fast-check');
const { driver } = require('../runner/implementations');
const { compare } = require('../runner/play');

/** Scenarios of one seed; small ones come first. */
const BATCH_SIZE = 40;
/** How often what differed is played again. */
const ATTEMPTS = 3;
/** For making a counterexample smaller. */
const SHRINKING_MS = 60_000;

/**
 * @typedef {object} Family
 * @property {string} name
 * @property {Array<'server' | 'client'>} [roles]
 * @property {import('fast-check').Arbitrary<object>} arbitrary makes plans
 * @property {(t: ScenarioContext, plan: object) => Promise<void>} play
 */

/**
 * Plays random scenarios of a family, until the time is up or one differs.
 *
 * @param {Family} family
 * @param {object} options
 * @param {number} options.seed of the first batch; the following ones count up from it
 * @param {number} options.milliseconds
 * @param {number} [options.batches] most of them
 * @returns {Promise<{ played: number, unstable: number, failure: string | null }>} `unstable`: how many
 *     differed once, but not when they were played again
 */
async function checkFamily(family, options) {
  const { seed, milliseconds, batches = Infinity } = options;
  const deadline = Date.now() + milliseconds;
  let played = 0;
  let unstable = 0;
  for (let batch = seed; batch < seed + batches; batch++) {
    const details = await checkBatch(family, batch, deadline);
    played += details.played;
    unstable += details.unstable;
    if (details.failed) {
      return { played, unstable, failure: report(family, batch, details) };
    }
    if (Date.now() >= deadline) break;
  }
  return { played, unstable, failure: null };
}

module.exports = { checkFamily };

async function checkBatch(family, seed, deadline) {
  const roles = fc.constantFrom(...(family.roles ?? [undefined]));
  let isShrinking = false;
  let played = 0;
  let unstable = 0;
  let playing = Promise.resolve();
  const property = fc.asyncProperty(roles, family.arbitrary, (role, plan) => {
    playing = check(role, plan);
    return playing;
  });

  async function check(role, plan) {
    // The time is up; but not for one that has been found.
    if (!isShrinking && Date.now() >= deadline) return;
    const { name, play } = family;
    const scenario = { name, isGenerated: true, play: (t) => play(t, plan) };
    played++;
    const difference = await compare(scenario, role);
    if (!difference) return;
    if (!(await differsAgain(scenario, role))) {
      unstable++;
      return;
    }
    isShrinking = true;
    throw new Difference(difference);
  }

  const details = await fc.check(property, {
    seed,
    numRuns: BATCH_SIZE,
    interruptAfterTimeLimit: SHRINKING_MS + Math.max(0, deadline - Date.now()),
  });
  // When the time for shrinking is up, one is still being played.
  await playing.catch(() => {});
  return { ...details, played, unstable };
}

/** On a machine that is busy with other things, one time in many thousands is not enough. */
async function differsAgain(scenario, role) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await compare(scenario, role)) return true;
  }
  return false;
}

function report(family, seed, details) {
  const { counterexample, counterexamplePath, errorInstance } = details;
  const [role, plan] = counterexample ?? [];
  return [
    `${family.name} on ${driver}, seed ${seed}, path ${counterexamplePath}`,
    `again: HAWSER_TEST_SEED=${seed} node --test --test-name-pattern="${family.name}" __test__/differential/generated.test.js`,
    `${role ? `as the ${role}: ` : ''}${describePlan(plan)}`,
    errorInstance instanceof Difference
      ? errorInstance.message
      : errorInstance?.stack,
  ].join('\n');
}

/** As JSON, but for what it has no form for; long strings of bytes are cut short. */
function describePlan(plan) {
  return inspect(toPlain(plan), { depth: 20, breakLength: 120 });
}

function toPlain(value) {
  if (value instanceof Uint8Array) {
    return value.length > 64
      ? `<${value.length} bytes: ${value.subarray(0, 8)}...>`
      : `hex ${Buffer.from(value).toString('hex')}`;
  }
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, toPlain(each)]),
  );
}

class Difference extends Error {}
