'use strict';

const { isDeepStrictEqual } = require('node:util');
const { isControl } = require('../../support/subject');
const { playConstructor } = require('./play-constructors');
const { playExchange } = require('./play-exchanges');
const { playFrames } = require('./play-frames');
const { playRequest } = require('./play-requests');
const { playResponse } = require('./play-responses');
const { RowContext } = require('./row-context');

module.exports = { runTable, expectationOf };

/** How many rows are played at the same time. */
const AT_ONCE = 24;

const PLAYERS = {
  frames: playFrames,
  request: playRequest,
  response: playResponse,
  constructor: playConstructor,
  exchange: playExchange,
};

/**
 * Plays rows with the implementation under test.
 *
 * @param {object[]} rows
 * @returns {Promise<Array<{ row: object, outcome: object, conforms: boolean }>>} in their order
 */
async function runTable(rows) {
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < rows.length) {
      const at = next++;
      results[at] = await playRow(rows[at]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

/**
 * What must be seen of an implementation.
 *
 * @param {object} row
 * @param {'ws' | 'hawser'} implementation
 * @returns {{ api: string[], wire: string[] }}
 */
function expectationOf(row, implementation) {
  const known = implementation === 'ws' ? row.ws : undefined;
  return (known ?? row.both ?? row).expect;
}

async function playRow(row) {
  const t = new RowContext();
  let outcome;
  try {
    outcome = await PLAYERS[row.kind](t, row);
  } catch (error) {
    outcome = { api: [`the row failed: ${error.message}`], wire: [] };
  } finally {
    await t.end();
  }
  const expected = expectationOf(row, isControl ? 'ws' : 'hawser');
  return { row, outcome, conforms: isDeepStrictEqual(outcome, expected) };
}
