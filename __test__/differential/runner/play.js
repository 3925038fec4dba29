'use strict';

const { hasGoneOn } = require('./beyond-a-fault');
const { oracle, subject } = require('./implementations');
const { differenceOf } = require('./difference');
const { countHandles, countLeft } = require('./open-handles');
const ScenarioContext = require('./scenario-context');

module.exports = { play, compare };

/**
 * @typedef {object} Scenario
 * @property {string} name the sentence that holds for both
 * @property {Array<'server' | 'client'>} [roles] plays it once in each; without them there is no role
 * @property {string | { row: string, drivers: string[] }} [differs] the first cell of the row of
 *     docs/differences.md that it shows: the traces must differ then
 * @property {boolean} [isGenerated] nothing is compared if `ws` goes on behind a fault
 * @property {(t: ScenarioContext) => Promise<void>} play
 */

/**
 * Plays a scenario against `ws`, then against hawser.
 *
 * @param {Scenario} scenario
 * @param {string} [role]
 * @returns {Promise<string | null>} how the traces differ, if they do
 */
async function compare(scenario, role) {
  hasGoneOn();
  const reference = await play(scenario, oracle, { role });
  if (hasGoneOn() && scenario.isGenerated) return null;
  if (reference.failure) {
    reference.failure.message += `\n\nThe trace so far:\n${textOf(reference)}`;
    throw reference.failure;
  }
  if (process.env.HAWSER_TEST_TRACE) console.log(textOf(reference));
  const expected = reference.settled;
  const actual = await play(scenario, subject, { role, expected });
  const difference = differenceOf(reference.lanes, actual.lanes);
  if (actual.left > reference.left) {
    return `${difference ?? ''}\nand then ${actual.left} sockets stay open`;
  }
  if (!actual.failure) return difference;
  return `${difference ?? ''}\nand then: ${actual.failure.stack}`;
}

/**
 * @param {Scenario} scenario
 * @param {typeof import('ws')} implementation
 * @param {object} options of the ScenarioContext
 * @returns {Promise<{ lanes: Record<string, string[]>, settled: object[], left: number, failure: Error | null }>} `left`:
 *     sockets and servers that nothing has closed
 */
async function play(scenario, implementation, options) {
  const t = new ScenarioContext(implementation, options);
  const handles = countHandles();
  let failure = null;
  try {
    // Both plays begin in the same phase of the event loop.
    await t.turn();
    await scenario.play(t);
  } catch (error) {
    failure = error;
  } finally {
    await t.end();
  }
  const left = await countLeft(handles);
  const lanes = Object.fromEntries(
    [...t.lanes].map(([name, lane]) => [name, lane.entries]),
  );
  return { lanes, settled: t.settled, left, failure };
}

function textOf({ lanes }) {
  return Object.entries(lanes)
    .map(([name, entries]) =>
      [`[${name}]`, ...entries].map((line) => `  ${line}`).join('\n'),
    )
    .join('\n');
}
