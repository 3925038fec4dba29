'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { driver, isControl } = require('./implementations');
const { knownDifferences } = require('./known-differences');
const { compare } = require('./play');

const isRestless = process.env.HAWSER_RESTLESS === '1';

/**
 * Declares one test for each scenario and role.
 *
 * @param {string} subject what the scenarios are about
 * @param {import('./play').Scenario[]} scenarios
 */
function declareScenarios(subject, scenarios) {
  for (const scenario of scenarios) {
    for (const role of scenario.roles ?? [undefined]) {
      const suffix = role ? ` [${role}]` : '';
      test(`${subject}: ${scenario.name}${suffix}`, async () => {
        const difference = await compare(scenario, role);
        if (isKnown(scenario)) {
          // Where connections move when they like, it may differ or not.
          assert.ok(
            difference || isRestless,
            'docs/differences.md says that this differs, but it does not any more',
          );
        } else if (difference) {
          assert.fail(
            `${scenario.name}${suffix}, on ${driver}:\n${difference}`,
          );
        }
      });
    }
  }
}

module.exports = { declareScenarios };

function isKnown({ name, differs }) {
  if (differs === undefined) return false;
  const { row, drivers = [driver] } =
    typeof differs === 'string' ? { row: differs } : differs;
  assert.ok(
    knownDifferences().has(row),
    `"${name}" shows "${row}", which docs/differences.md does not have`,
  );
  return !isControl && drivers.includes(driver);
}
