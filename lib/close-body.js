'use strict';

const { isUint8Array } = require('util/types');

const { EMPTY_BUFFER } = require('./constants');
const errors = require('./errors');
const native = require('./native');

const MAX_REASON = 123;

module.exports = closeBody;

/**
 * The body of a close frame (RFC 6455, section 5.5.1).
 *
 * @param {number | undefined} code
 * @param {any} reason
 * @returns {Buffer}
 * @throws {TypeError} if the code may not be sent, or the reason is neither a
 *     string nor bytes
 * @throws {RangeError} if the reason is too long
 */
function closeBody(code, reason) {
  if (code === undefined) return EMPTY_BUFFER;

  if (typeof code !== 'number' || !native.isValidCloseCode(code)) {
    throw errors.invalidCloseCode();
  }

  const isEmpty = reason === undefined || !reason.length;
  const length = isEmpty ? 0 : Buffer.byteLength(reason);

  if (length > MAX_REASON) throw errors.closeReasonTooLong();

  // Zeroed: no byte of it is ever left to chance.
  const body = Buffer.alloc(2 + length);

  body.writeUInt16BE(code, 0);
  if (isEmpty) return body;

  if (typeof reason === 'string') body.write(reason, 2);
  else if (isUint8Array(reason)) body.set(reason, 2);
  else throw errors.invalidCloseReason();

  return body;
}
