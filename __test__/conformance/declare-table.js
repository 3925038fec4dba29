'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { ROWS } = require('./rows');
const { expectationOf, runTable } = require('./runner/run-table');
const { isControl } = require('../support/subject');

module.exports = { declareTable };

/** Declares one test for each rule. Rows of all rules are played at the same time. */
function declareTable() {
  const played = runTable(ROWS);
  const rules = new Map(ROWS.map((row) => [row.ruleId, row.rule]));

  for (const [ruleId, rule] of rules) {
    test(`${ruleId}: ${rule}`, async () => {
      const results = await played;
      for (const { conforms, outcome, row } of results) {
        if (row.ruleId !== ruleId || conforms) continue;
        const expected = expectationOf(row, isControl ? 'ws' : 'hawser');
        assert.deepEqual(outcome, expected, `${row.id} deviates`);
      }
    });
  }
}
