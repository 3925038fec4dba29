'use strict';

const { setImmediate: nextTurn } = require('node:timers/promises');

const PATIENCE_MS = 1000;

module.exports = { countHandles, countLeft };

/**
 * @returns {number} the sockets and servers that are open in this process
 */
function countHandles() {
  const isOpen = (name) => /^(?:TCP|Pipe)/.test(name);
  return process.getActiveResourcesInfo().filter(isOpen).length;
}

/**
 * Waits until no more is open than there was; a closed socket takes a turn or two to go.
 *
 * @param {number} before
 * @returns {Promise<number>} how many stay open
 */
async function countLeft(before) {
  const deadline = Date.now() + PATIENCE_MS;
  while (countHandles() > before && Date.now() < deadline) await nextTurn();
  return Math.max(0, countHandles() - before);
}
