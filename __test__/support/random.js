'use strict';

const { createCipheriv, createHash } = require('node:crypto');

/** Numbers and bytes that are the same whenever the seed is. */
class SeededRandom {
  #state;
  #seed;

  /** @param {number} seed */
  constructor(seed) {
    this.#seed = seed;
    this.#state = seed | 0;
  }

  /** @returns {number} in [0, 1): the generator "mulberry32" */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  }

  /** @returns {number} a whole number of [low, high] */
  between(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** @returns {boolean} */
  chance(probability) {
    return this.next() < probability;
  }

  /** @returns {Buffer} bytes that do not compress; the same for every call */
  bytes(size) {
    const key = createHash('sha256').update(`${this.#seed}`).digest();
    return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(
      Buffer.alloc(size),
    );
  }
}

module.exports = { SeededRandom };
