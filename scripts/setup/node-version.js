'use strict';

const { inRoot } = require('./root');
const { SetupError } = require('./setup-error');

/**
 * Refuses a Node.js older than the `engines` field of package.json allows.
 *
 * @param {string} [running] The version that runs, as in `process.versions.node`
 */
function requireNode(running = process.versions.node) {
  const { engines } = require(inRoot('package.json'));
  const lowest = engines.node.replace(/^>=\s*/, '');

  if (isOlder(running, lowest)) {
    throw new SetupError(
      `Node.js ${running} is too old: hawser needs ${lowest} or later.`,
    );
  }
}

/**
 * @param {string} version Dotted numbers
 * @param {string} than Dotted numbers; missing ones count as 0
 * @returns {boolean}
 */
function isOlder(version, than) {
  const left = version.split('.').map((part) => Number.parseInt(part, 10));
  const right = than.split('.').map((part) => Number.parseInt(part, 10));

  for (let i = 0; i < 3; i++) {
    const difference = (left[i] || 0) - (right[i] || 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

module.exports = { isOlder, requireNode };
