'use strict';

const { Duplex } = require('node:stream');

/**
 * Two plain streams, each readable where the other is written: a connection
 * without a socket, on which every write arrives as a chunk of its own.
 *
 * @returns {[Duplex, Duplex]}
 */
function createDuplexPair() {
  const one = new DuplexEnd();
  const other = new DuplexEnd();
  one.other = other;
  other.other = one;
  return [one, other];
}

class DuplexEnd extends Duplex {
  other = null;
  #resumeOther = null;
  #ended = false;

  constructor() {
    super({ allowHalfOpen: false });
  }

  _read() {
    const resume = this.#resumeOther;
    this.#resumeOther = null;
    if (resume) resume();
  }

  _write(chunk, encoding, callback) {
    this.other.#take(chunk, callback);
  }

  _final(callback) {
    this.other.#take(null, callback);
  }

  _destroy(error, callback) {
    const { other } = this;
    // As with a socket: an end that goes away takes the other with it.
    process.nextTick(() => other.#take(null, () => {}));
    callback(error);
  }

  #take(chunk, callback) {
    const isOver = this.destroyed || this.#ended;
    this.#ended ||= chunk === null;
    if (isOver || this.push(chunk) || this.#ended) process.nextTick(callback);
    else this.#resumeOther = callback;
  }
}

module.exports = { createDuplexPair };
