'use strict';

/**
 * The peer's half of permessage-deflate, RFC 7692, section 7.2: one message at
 * a time, with the window of the messages before it as a dictionary.
 *
 * @module deflate
 */

const zlib = require('node:zlib');

/** What the sender leaves out at the end of a message. */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/**
 * zlib looks for what lies beyond the window in the window and in the present
 * chunk of output: small ones make it strict.
 */
const CHUNK_SIZE = 64;

/** One direction of a connection. */
class DeflateContext {
  #windowBits;
  #takesOver;
  #window = Buffer.alloc(0);

  /**
   * @param {object} [agreed]
   * @param {number} [agreed.windowBits]
   * @param {boolean} [agreed.takesOver] whether the window lasts from message to message
   */
  constructor({ windowBits = 15, takesOver = true } = {}) {
    this.#windowBits = windowBits;
    this.#takesOver = takesOver;
  }

  /**
   * @param {Buffer} data
   * @returns {Buffer} the payload of a compressed message
   */
  deflate(data) {
    const compressed = deflated(data, {
      windowBits: this.#windowBits,
      ...this.#dictionary(),
    });
    this.#remember(data);
    return compressed;
  }

  /**
   * @param {Buffer} payload of a compressed message
   * @returns {Buffer}
   * @throws {Error} if it is not what was agreed on
   */
  inflate(payload) {
    const data = zlib.inflateRawSync(Buffer.concat([payload, TAIL]), {
      windowBits: this.#windowBits,
      chunkSize: CHUNK_SIZE,
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      ...this.#dictionary(),
    });
    this.#remember(data);
    return data;
  }

  #dictionary() {
    return this.#window.length > 0 ? { dictionary: this.#window } : {};
  }

  #remember(data) {
    if (!this.#takesOver) return;
    const all = Buffer.concat([this.#window, data]);
    this.#window = all.subarray(-(2 ** this.#windowBits));
  }
}

/**
 * @param {string | Buffer} data
 * @param {import('node:zlib').ZlibOptions} [options]
 * @returns {Buffer} the payload of a compressed message, RFC 7692, section 7.2.1
 */
function deflated(data, options) {
  const compressed = zlib.deflateRawSync(data, {
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
    ...options,
  });
  const payload = compressed.subarray(0, -TAIL.length);
  // Section 7.2.3.6: an empty message is an empty block.
  return payload.length > 0 ? payload : Buffer.from([0x00]);
}

module.exports = { DeflateContext, TAIL, deflated };
