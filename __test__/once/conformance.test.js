'use strict';

/*
 * `ws` goes through the conformance table, too; the table that is written down is that of the rows; and the runner
 * notices what deviates.
 */

process.env.HAWSER_TEST_SUBJECT = 'ws';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { declareTable } = require('../conformance/declare-table');
const { renderTable } = require('../conformance/report/markdown');
const { ROWS } = require('../conformance/rows');
const { runTable } = require('../conformance/runner/run-table');

const WRITTEN = path.join(__dirname, '../../docs/conformance.md');

declareTable();

test('every row has an id of its own, and says what it is about', () => {
  const ids = new Set(ROWS.map(({ id }) => id));
  assert.equal(ids.size, ROWS.length);
  assert.ok(ROWS.length >= 600);
  for (const { expect, id, role, rule, section } of ROWS) {
    assert.match(section, /^RFC \d+, /, id);
    assert.match(rule, /\.$/, id);
    assert.match(role, /^(server|client)$/, id);
    assert.ok(Array.isArray(expect.api) && Array.isArray(expect.wire), id);
  }
});

test('docs/conformance.md is what `npm run conformance` writes', () => {
  const written = fs.readFileSync(WRITTEN, 'utf8');
  assert.ok(
    written === renderTable(ROWS),
    'the table has changed: run `npm run conformance`',
  );
});

test('a row that sees something else does not conform', async () => {
  // One row of each kind, with the expectation of another one.
  const kinds = new Set(ROWS.map(({ kind }) => kind));
  const wrong = [...kinds].map((kind) => ({
    ...ROWS.find((row) => row.kind === kind && !row.ws && !row.both),
    expect: { api: ['what nobody does'], wire: [] },
  }));

  const results = await runTable(wrong);

  assert.deepEqual(
    results.map(({ conforms }) => conforms),
    wrong.map(() => false),
  );
  assert.equal(wrong.length, 5);
});

test('a deviation is written into the table', () => {
  const [row] = ROWS.filter(({ kind }) => kind === 'frames');
  const outcome = { api: ['close 1006'], wire: [] };
  const deviations = new Map([[row.id, { stream: outcome }]]);

  const table = renderTable(ROWS, deviations);

  assert.ok(table.includes(`✗ stream (${row.id}): \`close 1006\``));
});
