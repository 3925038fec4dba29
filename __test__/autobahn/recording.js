'use strict';

/** What went through in one direction, and when. */
class Direction {
  #chunks = [];
  length = 0;
  /** @type {null | 'end' | 'reset'} how its sender left */
  ending = null;

  push(chunk, time = performance.now()) {
    this.#chunks.push({ chunk, time });
    this.length += chunk.length;
  }

  /** @returns {Buffer} */
  bytes() {
    return Buffer.concat(this.#chunks.map(({ chunk }) => chunk));
  }

  /** @returns {number} when the byte at an offset went through */
  timeOf(offset) {
    let end = 0;
    for (const { chunk, time } of this.#chunks) {
      end += chunk.length;
      if (offset < end) return time;
    }
    return Infinity;
  }

  /** @returns {number | undefined} when something first went through after that time */
  firstTimeAfter(limit) {
    return this.#chunks.find(({ time }) => time > limit)?.time;
  }
}

/**
 * One connection: its handshake, and what came behind that.
 *
 * @typedef {object} Recording
 * @property {string} id the case
 * @property {string} response the head of the response
 * @property {Direction} toSubject what the endpoint that is judged got
 * @property {Direction} fromSubject what it sent
 * @property {boolean} closed
 */

module.exports = { Direction };
