'use strict';

const { setImmediate: nextTurn } = require('node:timers/promises');
const { formatValue } = require('./format-value');
const Hiding = require('./hiding');
const Lane = require('./lane');
const { oracle } = require('./implementations');
const connecting = require('./connecting');
const { exchange, rawServer } = require('./http-exchange');
const { settle } = require('./settling');

const PATIENCE_MS = 5000;

/**
 * What a scenario is given: the implementation under test, the means to connect
 * it to something, and the trace.
 *
 * `note`, `watch`, `call`, `callback`, `properties` and `markers` are those of the
 * lane `subject` (see lane.js); `lane(name)` has the same for other places.
 */
class ScenarioContext {
  isOver = false;
  /** @type {Map<string, Lane>} */
  lanes = new Map();
  /**
   * What `settle()` looks at: connections, or anything that has `isAtRest()`, which tells whether
   * the oracle has nothing in work, or `isQuiet()`, which does so for both.
   *
   * @type {object[]}
   */
  connections = [];
  /** @type {Array<Record<string, number>>} the length of each lane at each `settle()` */
  settled = [];

  #cleanups = [];
  #hiding = new Hiding();
  #waiting = new Set();
  #catchesUncaught = false;

  /**
   * @param {typeof import('ws')} implementation
   * @param {object} [options]
   * @param {'server' | 'client'} [options.role] of the implementation under test
   * @param {Array<Record<string, number>>} [options.expected] `settled` of the play with the oracle
   */
  constructor(implementation, { role, expected } = {}) {
    this.ws = implementation;
    this.Peer = oracle;
    this.role = role;
    this.expected = expected;
    this.isOracle = expected === undefined;

    const subject = this.lane('subject');
    for (const method of [
      'note',
      'watch',
      'call',
      'callback',
      'properties',
      'markers',
    ]) {
      this[method] = subject[method].bind(subject);
    }
    this.format = (value) => formatValue(value, (text) => this.hide(text));
  }

  /**
   * @param {string} name
   * @returns {Lane}
   */
  lane(name) {
    if (!this.lanes.has(name)) this.lanes.set(name, new Lane(name, this));
    return this.lanes.get(name);
  }

  /** @returns {string} the text, without what differs from run to run */
  hide(text) {
    return this.#hiding.hide(text);
  }

  /** Shows a port as `<name>` in the trace. */
  hidePort(port, name) {
    this.#hiding.addPort(port, name);
  }

  /**
   * Waits for an entry of the trace.
   *
   * @param {string | RegExp} pattern how it starts, or what it matches
   * @param {object} [options]
   * @param {string} [options.lane]
   * @param {number} [options.count] for that many of them
   * @returns {Promise<void>}
   */
  until(pattern, { lane: name = 'subject', count = 1 } = {}) {
    const lane = this.lane(name);
    const matches = (entry) =>
      typeof pattern === 'string'
        ? entry.startsWith(pattern)
        : pattern.test(entry);
    const isThere = () => lane.entries.filter(matches).length >= count;
    return this.wait(isThere, `${count} × "${pattern}" in the lane ${name}`);
  }

  /**
   * Waits for a condition that holds once something has been noted.
   *
   * @param {() => boolean} isThere
   * @param {string} what it is, for the error
   * @param {number} [patience] milliseconds
   * @returns {Promise<void>}
   */
  wait(isThere, what, patience = PATIENCE_MS) {
    const error = new Error(`there was no ${what} within ${patience} ms`);
    const waiting = this.#waiting;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(finish, patience, () => reject(error));
      const check = () => isThere() && finish(resolve);
      waiting.add(check);
      check();

      function finish(settlePromise) {
        clearTimeout(timer);
        waiting.delete(check);
        settlePromise();
      }
    });
  }

  /** Called by the lanes after each note. */
  noticed() {
    for (const check of this.#waiting) check();
  }

  /** Lets the event loop turn once. */
  turn() {
    return nextTurn();
  }

  /**
   * Lets everything happen that is on its way, then marks the place in all lanes: what
   * comes later than with `ws` shows as a difference.
   */
  settle() {
    return settle(this);
  }

  /** Notes exceptions that nobody catches, which would fail the test. */
  catchUncaught() {
    if (this.#catchesUncaught) return;
    this.#catchesUncaught = true;
    const lane = this.lane('process');
    process.setUncaughtExceptionCaptureCallback((error) => {
      lane.note('uncaught', error);
    });
    this.after(() => process.setUncaughtExceptionCaptureCallback(null));
  }

  /** Calls a function when the scenario has been played, the latest first. */
  after(cleanup) {
    this.#cleanups.push(cleanup);
  }

  /** Ends what is left. Nothing is noted any more. */
  async end() {
    this.isOver = true;
    for (const cleanup of this.#cleanups.reverse()) await cleanup();
  }
}

// Connecting is a subject of its own; to a scenario it is a part of the context.
for (const [name, action] of Object.entries({
  ...connecting,
  exchange,
  rawServer,
})) {
  ScenarioContext.prototype[name] = function connect(...args) {
    return action(this, ...args);
  };
}

module.exports = ScenarioContext;
