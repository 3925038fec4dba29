'use strict';

const { run } = require('./run');
const { countsOf } = require('./rust-tests');
const { printSummary } = require('./summary');

/**
 * Runs the crate's tests, or some of them, under a tool that watches them, prints the summary and says with `exitCode`
 * what came of it.
 *
 * @param {string} name What the summary calls it
 * @param {string} command
 * @param {string[]} args
 * @param {object} env Variables that the tool or the tests read, beside those of the process
 */
async function runWatchedTests(name, command, args, env) {
  const started = performance.now();
  const { code, output } = await run(command, args, {
    capture: true,
    env: { ...process.env, ...env },
  });
  const seconds = (performance.now() - started) / 1000;
  const results = [{ name, seconds, ...countsOf(output, code) }];

  process.exitCode = printSummary(results) ? 0 : 1;
}

/**
 * @param {string[]} usual The tests that are run when the command line names none
 * @returns {string[]} The tests to run
 */
function chosenTests(usual) {
  return process.argv.length > 2 ? process.argv.slice(2) : usual;
}

module.exports = { chosenTests, runWatchedTests };
