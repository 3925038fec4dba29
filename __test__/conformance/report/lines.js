'use strict';

const { describeSeen, describeSent } = require('./describe');

/**
 * One line of the written table: rows that try the same and must see the same.
 *
 * @typedef {object} Line
 * @property {string} sent
 * @property {string} seen
 * @property {Set<string>} roles
 * @property {object[]} rows
 */

/**
 * @param {object[]} rows of one rule
 * @returns {Line[]}
 */
function linesOf(rows) {
  const lines = new Map();
  for (const row of rows) {
    const sent = row.group ?? describeSent(row);
    const seen = row.sees ?? describeSeen(row.expect, row);
    const exception = row.ws ?? row.both;
    const key = JSON.stringify([
      sent,
      row.group ? null : seen,
      exception && [describeSeen(exception.expect, row), exception.why],
    ]);
    const line = lines.get(key) ?? { sent, seen, roles: new Set(), rows: [] };
    if (line.seen !== seen) {
      throw new Error(
        `${row.id} needs a \`sees\`: others of its group see something else`,
      );
    }
    line.roles.add(row.role);
    line.rows.push(row);
    lines.set(key, line);
  }
  return [...lines.values()];
}

module.exports = { linesOf };
