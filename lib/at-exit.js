'use strict';

/** Where the process has them, for all copies of this module. */
const kExitActions = Symbol.for('hawser: exit actions');

const host = /** @type {any} */ (process);

/**
 * Calls a function when the process ends: what has been sent leaves before.
 *
 * Copies of this module (the package under two names, or loaded again by a test
 * runner) have one listener, and not one each, of which Node would warn. Nor
 * does it keep a copy that is gone.
 *
 * @param {() => void} action a function that lives as long as its module
 */
function atExit(action) {
  const alive = (host[kExitActions] ?? listen()).filter((ref) => ref.deref());

  alive.push(new WeakRef(action));
  Object.defineProperty(host, kExitActions, {
    configurable: true,
    value: alive,
  });
}

module.exports = atExit;

/**
 * @returns {WeakRef<() => void>[]} what is to be called: nothing so far
 */
function listen() {
  process.on('exit', () => {
    for (const ref of host[kExitActions]) ref.deref()?.();
  });
  return [];
}
