'use strict';

/**
 * Does something that takes a while, and prints what it is and how long it took.
 *
 * @template T
 * @param {string} name
 * @param {() => T | Promise<T>} action
 * @returns {Promise<T>}
 */
async function step(name, action) {
  const started = performance.now();
  console.log(`--- ${name}`);
  const result = await action();
  const seconds = (performance.now() - started) / 1000;
  console.log(`    ${seconds.toFixed(1)} s`);
  return result;
}

module.exports = { step };
