'use strict';

const path = require('node:path');

/** The top folder of the clone. */
const ROOT = path.join(__dirname, '..', '..');

/**
 * @param {...string} parts A path inside the clone
 * @returns {string} The same path, absolute
 */
function inRoot(...parts) {
  return path.join(ROOT, ...parts);
}

module.exports = { ROOT, inRoot };
