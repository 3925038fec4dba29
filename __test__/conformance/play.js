'use strict';

/*
 * Plays the table with the implementation and the driver that the environment chooses, and writes the outcomes that
 * nobody expected to a file: `node play.js FILE`. `npm run conformance` runs it.
 */

const fs = require('node:fs');
const { ROWS } = require('./rows');
const { runTable } = require('./runner/run-table');

main(process.argv[2]);

async function main(file) {
  const results = await runTable(ROWS);
  const outcomes = Object.fromEntries(
    results.map(({ conforms, outcome, row }) => [
      row.id,
      conforms ? 'as expected' : outcome,
    ]),
  );
  fs.writeFileSync(file, JSON.stringify(outcomes));
}
