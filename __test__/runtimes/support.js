'use strict';

const { runProgram } = require('../support/programs');

/**
 * Runs a program of this folder in a process of its own, with the runtime that
 * runs the test.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} name
 * @param {...string} args
 * @returns {Promise<{ code: number, signal: string, stdout: string, stderr: string }>}
 */
function runHere(t, name, ...args) {
  return runProgram(t, `../../runtimes/programs/${name}`, ...args).ended;
}

module.exports = { runHere };
