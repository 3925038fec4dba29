'use strict';

const { tableOf } = require('./table');

module.exports = { printCase };

/**
 * Prints the table of one case, as soon as it is measured.
 *
 * @param {import('./results').CaseResult} result
 */
function printCase(result) {
  const table = tableOf(result);
  const widths = table[0].map((_, column) =>
    Math.max(...table.map((row) => row[column].length)),
  );

  console.log(`\n${result.shape.name}`);
  for (const row of table) {
    console.log(
      row
        .map((text, column) =>
          column === 0
            ? text.padEnd(widths[column])
            : text.padStart(widths[column]),
        )
        .join('  '),
    );
  }
}
