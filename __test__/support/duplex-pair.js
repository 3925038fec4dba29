'use strict';

const { Duplex } = require('node:stream');

/**
 * Two plain streams, each readable where the other is written: a connection
 * without a socket, on which every write arrives as a chunk of its own.
 *
 * @param {object} [options]
 * @param {boolean} [options.joinsWrites] what was written while corked arrives as one chunk, as
 *     with a socket
 * @returns {[Duplex, Duplex]}
 */
function createDuplexPair({ joinsWrites = false } = {}) {
  const End = joinsWrites ? JoiningDuplexEnd : DuplexEnd;
  const one = new End();
  const other = new End();
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

class JoiningDuplexEnd extends DuplexEnd {
  _writev(chunks, callback) {
    const bytes = chunks.map(({ chunk }) => chunk);
    this._write(Buffer.concat(bytes), 'buffer', callback);
  }
}

module.exports = { createDuplexPair };
