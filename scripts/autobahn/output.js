'use strict';

/**
 * @typedef {object} Row
 * @property {string} name The driver, or what else echoed
 * @property {string} role
 * @property {number} cases
 * @property {import('./session').Failure[]} failures
 * @property {number} seconds
 */

/** @param {Row} row */
function printFailures({ name, role, failures }) {
  for (const { id, by, expected, seen } of failures) {
    console.log(`FAILED ${id ? `case ${id}, ` : ''}${role}, ${name}`);
    console.log(`  expected  ${oneLine(expected)}`);
    console.log(`  seen      ${oneLine(seen)}`);
    console.log(`  says      ${by}`);
  }
}

/**
 * @param {Row[]} rows
 * @returns {boolean} Whether everything passed
 */
function printTable(rows) {
  console.log('\nAutobahn\n');
  for (const { name, role, cases, failures, seconds } of rows) {
    const failed = failedIn(failures);
    const result = failed === 0 ? `all ${cases} ok` : `${failed} FAILED`;
    console.log(
      `  ${name.padEnd(12)}${role.padEnd(8)}${result.padEnd(14)}${seconds.toFixed(1).padStart(8)} s`,
    );
  }
  const failed = rows.reduce((sum, row) => sum + failedIn(row.failures), 0);
  const passed = rows.reduce((sum, row) => sum + passedIn(row), 0);
  console.log(`\nTotal: ${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}

module.exports = { printFailures, printTable };

function passedIn({ cases, failures }) {
  const failed = new Set(failures.map(({ id }) => id).filter(Boolean));
  return cases - failed.size;
}

/** A case may have several complaints against it; what is about no case counts as one more. */
function failedIn(failures) {
  return new Set(failures.map(({ id }) => id)).size;
}

function oneLine(text) {
  return text.replace(/\s+/g, ' ').trim();
}
