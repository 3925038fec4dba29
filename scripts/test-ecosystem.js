'use strict';

/*
 * `npm run test:ecosystem`: installs real packages twice, with `ws` and with this package in its place, and runs the
 * scenarios of `__test__/ecosystem/` in both: with hawser on every driver. The exit code is 0 only if all of them passed.
 *
 *   npm run test:ecosystem -- --only socket.io   only the scenarios whose file name contains "socket.io"
 *   npm run test:ecosystem -- --driver stream    only that driver, after the control (may be given more than once)
 *   npm run test:ecosystem -- --keep             leave the two installations behind, to look into them
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { setUp } = require('./setup');
const { step } = require('./test/step');
const { DRIVERS } = require('./test/suites');
const { installControl, installHawser } = require('./ecosystem/installation');
const { packHawser } = require('./ecosystem/packing');
const { runScenarios, selectScenarios } = require('./ecosystem/scenarios');
const { printTable } = require('./ecosystem/table');
const { verify } = require('./ecosystem/verification');

main();

async function main() {
  const { drivers, keep, scenarios } = readArguments();
  setUp();

  const top = fs.mkdtempSync(path.join(os.tmpdir(), 'hawser-ecosystem-'));
  try {
    const installations = await step('two installations', () => install(top));
    const runs = [];
    for (const { name, folder, environment } of plan(installations, drivers)) {
      const results = await step(name, () =>
        runScenarios(folder, scenarios, environment),
      );
      runs.push({ name, results });
    }
    process.exitCode = printTable(scenarios, runs) ? 0 : 1;
  } catch (error) {
    console.error(error.code === 'HAWSER_ERR_SETUP' ? error.message : error);
    process.exitCode = 1;
  } finally {
    if (keep) console.log(`\nThe installations are in ${top}`);
    else fs.rmSync(top, { recursive: true });
  }
}

async function install(top) {
  const packages = await packHawser(path.join(top, 'packed'));
  const control = await installControl(path.join(top, 'control'));
  verify(control, 'ws');
  const hawser = await installHawser(path.join(top, 'hawser'), packages);
  verify(hawser, 'hawser');
  return { control, hawser };
}

/**
 * The control first: what fails there says nothing about hawser.
 */
function plan({ control, hawser }, drivers) {
  return [
    { name: 'control', folder: control, environment: { EXPECT_WS: 'ws' } },
    ...drivers.map((driver) => ({
      name: driver,
      folder: hawser,
      environment: { EXPECT_WS: 'hawser', ...DRIVERS[driver] },
    })),
  ];
}

function readArguments() {
  const options = {
    driver: { type: 'string', multiple: true },
    keep: { type: 'boolean' },
    only: { type: 'string' },
  };
  let values;
  try {
    values = parseArgs({ options }).values;
  } catch (error) {
    return refuse(error.message);
  }

  const drivers = values.driver ?? Object.keys(DRIVERS);
  const unknown = drivers.find((name) => !Object.hasOwn(DRIVERS, name));
  if (unknown !== undefined) {
    refuse(
      `There is no driver "${unknown}", only ${Object.keys(DRIVERS).join(', ')}.`,
    );
  }
  const scenarios = selectScenarios(values.only);
  if (scenarios.length === 0) {
    refuse(`No scenario has "${values.only}" in its file name.`);
  }
  return { drivers, keep: values.keep === true, scenarios };
}

function refuse(reason) {
  console.error(reason);
  process.exit(2);
}
