'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { inRoot } = require('../setup/root');

const SUFFIX = '.test.js';

/** How many scenarios run at a time; most of them wait for something most of the time. */
const CONCURRENCY = 2;

/** For one scenario as a whole. */
const TIMEOUT_MS = 120_000;

/**
 * @typedef {object} Result
 * @property {number} passed
 * @property {number} failed
 */

/**
 * @param {string} [only] Those whose file name contains this
 * @returns {string[]} The names of scenarios, which are those of packages
 */
function selectScenarios(only = '') {
  return fs
    .readdirSync(inRoot('__test__', 'ecosystem', 'scenarios'))
    .filter((file) => file.endsWith(SUFFIX) && file.includes(only))
    .map((file) => file.slice(0, -SUFFIX.length))
    .sort();
}

/**
 * Runs scenarios in an installation, and prints what failed.
 *
 * @param {string} folder The installation
 * @param {string[]} scenarios
 * @param {object} environment Variables to set for them
 * @returns {Promise<Map<string, Result>>} For each scenario
 */
async function runScenarios(folder, scenarios, environment) {
  const options = {
    cwd: folder,
    env: { ...withoutSettings(process.env), ...environment },
  };
  const results = new Map();
  const waiting = [...scenarios];

  async function runNext() {
    while (waiting.length > 0) {
      const name = waiting.shift();
      results.set(name, await runScenario(name, options));
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, runNext));
  return results;
}

async function runScenario(name, options) {
  const { code, output } = await runNode(
    [
      '--test',
      `--test-timeout=${TIMEOUT_MS}`,
      `--test-reporter=${path.join(__dirname, 'reporter.js')}`,
      '--test-reporter-destination=stdout',
      path.join('scenarios', name + SUFFIX),
    ],
    options,
  );

  const tests = output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  if (tests.length === 0 || (code !== 0 && tests.every(passes))) {
    const complaint = `ended with ${code} after ${tests.length} tests`;
    tests.push({ passed: false, complaint });
  }
  for (const { complaint } of tests.filter((entry) => !passes(entry))) {
    console.log(`\n${name}: ${complaint}`.replaceAll('\n', '\n    '));
  }
  const passed = tests.filter(passes).length;
  return { passed, failed: tests.length - passed };
}

function passes({ passed }) {
  return passed;
}

/**
 * Neither a driver chosen in the shell nor a test runner that this one may run in has a say.
 */
function withoutSettings(environment) {
  const { HAWSER_IO_THREADS, HAWSER_TAKEOVER, NODE_TEST_CONTEXT, ...rest } =
    environment;
  return rest;
}

function runNode(args, options) {
  const child = spawn(process.execPath, args, {
    ...options,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text) => (output += text));

  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code: code ?? signal, output });
    });
  });
}

module.exports = { runScenarios, selectScenarios };
