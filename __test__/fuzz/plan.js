'use strict';

const { SeededRandom } = require('../support/random');
const { OPERATIONS } = require('./operations');

/**
 * A call of the API: its name, and the seed of everything else about it, so
 * that it stays the same when others are left out of the plan.
 *
 * @typedef {[name: string, seed: number]} Step
 */

const TOTAL = Object.values(OPERATIONS).reduce((sum, { weight }) => {
  return sum + weight;
}, 0);

/**
 * @param {number} seed
 * @returns {Step[]} what to do, in order
 */
function makePlan(seed) {
  const random = new SeededRandom(seed);
  const plan = [step('startServer'), step('connect')];
  const length = random.between(5, 120);
  while (plan.length < length) plan.push(step(anyName()));
  return plan;

  function step(name) {
    return [name, random.between(0, 2 ** 31 - 1)];
  }

  function anyName() {
    let left = random.between(0, TOTAL - 1);
    for (const [name, { weight }] of Object.entries(OPERATIONS)) {
      left -= weight;
      if (left < 0) return name;
    }
    throw new Error('the weights add up');
  }
}

module.exports = { makePlan };
