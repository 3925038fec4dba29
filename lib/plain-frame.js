'use strict';

// The global is a getter.
const { Buffer } = require('buffer');

const { MASK } = require('./frame-flags');
const { lengthOf } = require('./message-data');
const native = require('./native');

/** A payload of less than this is copied by the engine. */
const COPY_HERE_FROM = 2 * 1024;

module.exports = encodePlain;

/**
 * The frame of a message that is not compressed, in memory of JavaScript's, which
 * costs less than memory of the engine's that JavaScript is given.
 *
 * @param {number} id of the connection
 * @param {any} payload a string or bytes
 * @param {number} flags see `frame-flags`
 * @param {number} key the masking key, if the flags say so
 * @returns {Buffer | null} null if the engine is to do it
 */
function encodePlain(id, payload, flags, key) {
  const isString = typeof payload === 'string';
  const size = isString ? Buffer.byteLength(payload) : lengthOf(payload);

  if (size < COPY_HERE_FROM) {
    const header = (size < 126 ? 2 : 4) + (flags & MASK ? 4 : 0);
    const frame = Buffer.allocUnsafe(header + size);
    const length = native.encodeInto(id, payload, flags, key, frame);

    return length > 0 ? frame : null;
  }

  if (isString || flags & MASK) return null;

  const frame = Buffer.allocUnsafe((size < 65536 ? 4 : 10) + size);
  const start = native.encodeHeader(id, size, flags, frame);

  if (start <= 0) return null;

  frame.set(payload, start);
  return frame;
}
