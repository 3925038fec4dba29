'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { inRoot } = require('../setup/root');
const { runNodeTests } = require('../test/node-tests');
const { run } = require('../test/run');
const { DRIVERS, behaviourTests } = require('../test/suites');

const SMOKE = inRoot('__test__', 'platforms', 'smoke.js');
/** Under an emulator on a machine that has other things to do, too. */
const SMOKE_TIMEOUT_MS = 8 * 60_000;
const FILE_TIMEOUT_MS = 5 * 60_000;

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} [skipped]
 */

/**
 * Runs the checks of `__test__/platforms` with the binary of a platform.
 *
 * @param {Pick<import('./places').Place, 'node' | 'platform'>} place
 * @param {import('./programs').Program} program
 * @param {string} [binary] If the loader is not to look for it
 * @param {string} [folder] For the results: where the program is, if not told otherwise
 * @returns {Promise<Counts>}
 */
async function runSmoke(
  { node, platform },
  program,
  binary,
  folder = path.dirname(program.file),
) {
  const file = path.join(folder, 'smoke.json');
  fs.rmSync(file, { force: true });
  const { code } = await run(program.file, [SMOKE, file], {
    env: environmentFor(program, binary),
    timeout: SMOKE_TIMEOUT_MS,
  });
  if (!fs.existsSync(file)) return { passed: 0, failed: 1 };

  const { results, ran } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const faults = results
    .filter(({ error }) => error)
    .map(({ name, error }) => `${name}\n${error}`);
  const passed = results.length - faults.length;
  if (code !== 0) faults.push(`the process ended with ${code}`);
  if (ran.version !== `v${node}` || !platform.startsWith(`${ran.platform}-`))
    faults.push(`what ran is Node.js ${ran.version} for ${ran.platform}`);
  for (const fault of faults) console.log(`not ok: ${fault}`);
  return { passed, failed: faults.length };
}

/**
 * Runs the behaviour tests with the binary of a platform.
 *
 * @param {import('./programs').Program} program
 * @param {string} binary
 * @param {string} driver
 * @param {string[]} [tests] Which of their files, if not all
 * @returns {Promise<Counts>}
 */
function runBehaviour(program, binary, driver, tests) {
  return runNodeTests(
    tests ?? behaviourTests(),
    { ...environmentFor(program, binary), ...DRIVERS[driver] },
    { node: program.file, timeout: FILE_TIMEOUT_MS },
  );
}

function environmentFor({ env }, binary) {
  return { ...process.env, ...env, NAPI_RS_NATIVE_LIBRARY_PATH: binary };
}

/**
 * @param {string} platform
 * @returns {string | undefined} The file that `npm run build:all` has put there for it
 */
function binaryFor(platform) {
  const name = `hawser.${platform}.node`;
  return [
    inRoot('npm', platform, name),
    inRoot('target', 'cross', platform, name),
  ].find((file) => fs.existsSync(file));
}

module.exports = { binaryFor, runBehaviour, runSmoke };
