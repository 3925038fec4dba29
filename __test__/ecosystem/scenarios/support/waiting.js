'use strict';

const { setTimeout: delay } = require('node:timers/promises');

/** Long enough for a busy machine; a scenario that waits this long has failed. */
const PATIENCE_MS = 15_000;

module.exports = { eventOf, until, within };

/**
 * Waits for one event, of an EventEmitter or of an EventTarget. It does not listen for `error`, so that an error
 * nobody expects fails the test.
 *
 * @param {any} emitter
 * @param {string} name
 * @returns {Promise<any[]>} The arguments of the event
 */
function eventOf(emitter, name) {
  const event = new Promise((resolve) => {
    const listener = (...args) => resolve(args);
    if (emitter.once) emitter.once(name, listener);
    else emitter.addEventListener(name, listener, { once: true });
  });
  return within(event, `no '${name}' event`);
}

/**
 * Waits for a condition that no event announces.
 *
 * @param {() => boolean | Promise<boolean>} condition
 * @param {string} complaint What to report when it does not come true
 */
async function until(condition, complaint) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(complaint);
    await delay(5);
  }
}

/**
 * Gives up on a promise that takes too long.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {string} complaint What to report then
 * @returns {Promise<T>}
 */
function within(promise, complaint) {
  // The stack of the caller says which wait it was.
  const error = new Error(`${complaint} within ${PATIENCE_MS} ms`);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, PATIENCE_MS, error);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
