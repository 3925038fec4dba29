'use strict';

/**
 * Frames as lists of their parts, which are written behind each other.
 *
 * @module frame-parts
 */

const { MASK, READ_ONLY } = require('./frame-flags');

module.exports = { separateParts, writeParts };

/**
 * Takes a frame apart, into header and payload, as a stream may expect that
 * looks at each chunk.
 *
 * @param {Buffer} frame
 * @param {any} payload what it was made of, a string or bytes
 * @param {number} flags see `frame-flags`
 * @param {boolean} isDeflated whether the payload was compressed
 * @returns {(Buffer | string)[]} the header and the payload, which is the given
 *     one if it is sent as it is; or both in one, if the payload had to be
 *     copied to mask it
 */
function separateParts(frame, payload, flags, isDeflated) {
  const start = headerLength(frame);

  if (start === frame.length) return [frame];
  if (flags & MASK && flags & READ_ONLY && !isDeflated) return [frame];

  const isPlain = !(flags & MASK) && !isDeflated;

  return [frame.subarray(0, start), isPlain ? payload : frame.subarray(start)];
}

/**
 * Writes the parts of a frame behind each other.
 *
 * @param {import('stream').Duplex} socket
 * @param {(Buffer | string)[]} list
 * @param {((error?: Error) => void) | undefined} callback told of the last
 */
function writeParts(socket, list, callback) {
  const last = list.length - 1;

  for (let i = 0; i < last; i++) socket.write(list[i]);
  socket.write(list[last], callback);
}

/**
 * @param {Buffer} frame
 * @returns {number} how long its header is, in bytes (RFC 6455, section 5.2)
 */
function headerLength(frame) {
  const length = frame[1] & 0x7f;
  const extended = length === 127 ? 8 : length === 126 ? 2 : 0;

  return 2 + extended + (frame[1] & 0x80 ? 4 : 0);
}
