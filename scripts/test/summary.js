'use strict';

/**
 * @typedef {object} Result
 * @property {string} name The suite
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {number} seconds
 */

/**
 * Prints one line for each suite and one for all of them.
 *
 * @param {Result[]} results
 * @returns {boolean} Whether everything passed
 */
function printSummary(results) {
  const total = { passed: 0, failed: 0, skipped: 0, seconds: 0 };
  for (const key of Object.keys(total)) {
    for (const result of results) total[key] += result[key];
  }

  const rows = [
    ['suite', 'passed', 'failed', 'skipped', 'time'],
    ...[...results, { name: 'all', ...total }].map(toRow),
  ];
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map((row) => row[column].length)),
  );

  console.log('\nSummary\n');
  for (const row of rows) console.log(`  ${align(row, widths)}`);
  console.log(
    `\nTotal: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`,
  );
  return total.failed === 0;
}

function toRow({ name, passed, failed, skipped, seconds }) {
  return [
    name,
    String(passed),
    String(failed),
    String(skipped),
    `${seconds.toFixed(1)} s`,
  ];
}

function align([name, ...numbers], [nameWidth, ...widths]) {
  const cells = numbers.map((cell, column) => cell.padStart(widths[column]));
  return [name.padEnd(nameWidth), ...cells].join('  ');
}

module.exports = { printSummary };
