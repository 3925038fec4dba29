'use strict';

/** What may follow a first byte: how many bytes, and the bounds of the first of them (RFC 3629, section 4). */
const FIRST_BYTES = [
  { from: 0xc2, to: 0xdf, more: 1, low: 0x80, high: 0xbf },
  { from: 0xe0, to: 0xe0, more: 2, low: 0xa0, high: 0xbf },
  { from: 0xe1, to: 0xec, more: 2, low: 0x80, high: 0xbf },
  { from: 0xed, to: 0xed, more: 2, low: 0x80, high: 0x9f },
  { from: 0xee, to: 0xef, more: 2, low: 0x80, high: 0xbf },
  { from: 0xf0, to: 0xf0, more: 3, low: 0x90, high: 0xbf },
  { from: 0xf1, to: 0xf3, more: 3, low: 0x80, high: 0xbf },
  { from: 0xf4, to: 0xf4, more: 3, low: 0x80, high: 0x8f },
];

/** Reads UTF-8 in pieces, and says at which byte it stops being valid. */
class Utf8Reader {
  #more = 0;
  #low = 0x80;
  #high = 0xbf;

  /** Whether what was read so far ends with a whole character. */
  get isComplete() {
    return this.#more === 0;
  }

  /**
   * @param {Buffer} bytes what follows
   * @returns {number} the index of the first byte that cannot stand there, or -1
   */
  firstBadByte(bytes) {
    for (let i = 0; i < bytes.length; i++) {
      // Most of what is long is ASCII.
      if (this.#more === 0 && bytes[i] < 0x80) continue;
      if (!this.#takes(bytes[i])) return i;
    }
    return -1;
  }

  #takes(byte) {
    if (this.#more > 0) {
      if (byte < this.#low || byte > this.#high) return false;
      this.#more--;
      this.#low = 0x80;
      this.#high = 0xbf;
      return true;
    }
    const first = FIRST_BYTES.find(
      ({ from, to }) => byte >= from && byte <= to,
    );
    if (!first) return false;
    this.#more = first.more;
    this.#low = first.low;
    this.#high = first.high;
    return true;
  }
}

module.exports = { Utf8Reader };
