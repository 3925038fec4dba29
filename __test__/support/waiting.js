'use strict';

const { setImmediate: nextTurn } = require('node:timers/promises');

/** An emulator takes many times as long: `scripts/platforms/programs.js` says how many. */
const SLOWNESS = Number(process.env.HAWSER_TEST_SLOWNESS ?? 1);
const PATIENCE_MS = 15_000 * SLOWNESS;

module.exports = { eventOf, messagesOf, closeOf, within, until };

/**
 * Waits for one event. Unlike `events.once()` it does not listen for `'error'`,
 * so that an error nobody expects fails the test as an uncaught exception.
 *
 * @param {EventEmitter} emitter
 * @param {string} name
 * @returns {Promise<any[]>} the arguments of the event
 */
function eventOf(emitter, name) {
  const event = new Promise((resolve) => {
    emitter.once(name, (...args) => resolve(args));
  });
  return within(event, `no '${name}' event`);
}

/**
 * Collects messages.
 *
 * @param {WebSocket} websocket
 * @param {number} count
 * @returns {Promise<Array<{ data: any, isBinary: boolean }>>}
 */
function messagesOf(websocket, count) {
  const messages = [];
  const collected = new Promise((resolve) => {
    websocket.on('message', function collect(data, isBinary) {
      messages.push({ data, isBinary });
      if (messages.length < count) return;
      websocket.removeListener('message', collect);
      resolve(messages);
    });
  });
  return within(collected, () => `${messages.length} of ${count} messages`);
}

/**
 * Waits for the end of a connection.
 *
 * @param {WebSocket} websocket
 * @returns {Promise<{ code: number, reason: string }>}
 */
async function closeOf(websocket) {
  const [code, reason] = await eventOf(websocket, 'close');
  return { code, reason: reason.toString() };
}

/**
 * Gives up on a promise that takes too long.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {string | (() => string)} complaint what to report when it does
 * @param {number} [patience] milliseconds
 * @returns {Promise<T>}
 */
function within(promise, complaint, patience = PATIENCE_MS) {
  // The stack of the caller says which wait it was.
  const error = new Error();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const what = typeof complaint === 'function' ? complaint() : complaint;
      error.message = `${what} within ${patience} ms`;
      reject(error);
    }, patience);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Lets the event loop turn until a condition holds: for what no event announces.
 *
 * @param {() => boolean | Promise<boolean>} condition
 * @param {string} complaint
 * @param {number} [patience] milliseconds
 * @returns {Promise<void>}
 */
async function until(condition, complaint, patience = PATIENCE_MS) {
  const deadline = Date.now() + patience;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(complaint);
    await nextTurn();
  }
}
