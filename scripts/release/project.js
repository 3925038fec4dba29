'use strict';

const fs = require('node:fs');

const { inRoot } = require('../setup/root');

/** The name of the main package; those of the platforms begin with it. */
const NAME = 'hawser';

/**
 * @param {...string} parts A path inside the repository
 * @returns {string}
 */
function readText(...parts) {
  return fs.readFileSync(inRoot(...parts), 'utf8');
}

/**
 * @param {...string} parts A path inside the repository
 * @returns {any}
 */
function readJson(...parts) {
  return JSON.parse(readText(...parts));
}

/**
 * Writes a file anew, if there is anything to change.
 *
 * @param {string} file A path inside the repository
 * @param {function(string): string} change
 * @returns {boolean} Whether it changed
 */
function rewrite(file, change) {
  const before = readText(file);
  const after = change(before);
  if (after !== before) fs.writeFileSync(inRoot(file), after);
  return after !== before;
}

module.exports = { NAME, readJson, readText, rewrite };
