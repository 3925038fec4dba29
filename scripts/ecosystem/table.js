'use strict';

/**
 * Prints a row for each scenario with a column for each run.
 *
 * @param {string[]} scenarios
 * @param {{name: string, results: Map<string, import('./scenarios').Result>}[]} runs
 * @returns {boolean} Whether everything passed
 */
function printTable(scenarios, runs) {
  const rows = [
    ['package', ...runs.map(({ name }) => name)],
    ...scenarios.map((scenario) => [
      scenario,
      ...runs.map(({ results }) => cell(results.get(scenario))),
    ]),
    ['all', ...runs.map(({ results }) => cell(sum([...results.values()])))],
  ];
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map((row) => row[column].length)),
  );

  console.log('\nTests that passed\n');
  for (const [name, ...cells] of rows) {
    const aligned = cells.map((text, i) => text.padStart(widths[i + 1]));
    console.log(`  ${[name.padEnd(widths[0]), ...aligned].join('  ')}`);
  }

  const total = sum(runs.flatMap(({ results }) => [...results.values()]));
  console.log(`\nTotal: ${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0;
}

function cell({ passed, failed }) {
  return failed === 0 ? String(passed) : `${passed} of ${passed + failed}`;
}

function sum(results) {
  return results.reduce(
    (total, { passed, failed }) => ({
      passed: total.passed + passed,
      failed: total.failed + failed,
    }),
    { passed: 0, failed: 0 },
  );
}

module.exports = { printTable };
