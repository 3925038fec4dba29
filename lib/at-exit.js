'use strict';

const native = require('./native');

/**
 * Calls a function when the process ends: what has been sent leaves before.
 *
 * Copies of this module that have one binary (the package under two names, or
 * loaded again by a test runner) have one listener, and not one each, of which
 * Node would warn. Nor does it keep a copy that is gone.
 *
 * @param {() => void} action a function that lives as long as its module
 */
function atExit(action) {
  native.exitActions ??= listen();
  native.exitActions = native.exitActions.filter((ref) => ref.deref());
  native.exitActions.push(new WeakRef(action));
}

module.exports = atExit;

/**
 * @returns {WeakRef<() => void>[]} what is to be called: nothing so far
 */
function listen() {
  process.on('exit', () => {
    for (const ref of native.exitActions) ref.deref()?.();
  });
  return [];
}
