'use strict';

/**
 * What may be sent, and how it becomes bytes.
 *
 * @module message-data
 */

// The global is a getter.
const { Buffer } = require('buffer');

const FastBuffer = Buffer[Symbol.species];

/**
 * The length of a typed array as it is. A property of that name may say
 * anything, and what is trusted with memory must not believe it.
 *
 * @type {(bytes: Uint8Array) => number}
 */
const lengthOf = Function.prototype.call.bind(
  /** @type {any} */ (
    Object.getOwnPropertyDescriptor(
      Object.getPrototypeOf(Uint8Array.prototype),
      'length',
    )
  ).get,
);

module.exports = { byteLength, isBlob, isMemory, lengthOf, toBytes };

/**
 * @param {any} data a value of any type
 * @returns {boolean} whether it is a `Blob` or `File`, of this realm or of a
 *     library
 */
function isBlob(data) {
  return (
    typeof data === 'object' &&
    data !== null &&
    typeof data.arrayBuffer === 'function' &&
    typeof data.type === 'string' &&
    typeof data.stream === 'function' &&
    (data[Symbol.toStringTag] === 'Blob' || data[Symbol.toStringTag] === 'File')
  );
}

/**
 * The bytes of what is to be sent: a view where there is memory to view, else
 * what `Buffer.from()` makes of it.
 *
 * @param {any} data
 * @returns {Uint8Array}
 * @throws {TypeError} if the data is nothing that can be sent
 */
function toBytes(data) {
  if (Buffer.isBuffer(data)) return data;
  if (data instanceof ArrayBuffer) return new FastBuffer(data);

  if (ArrayBuffer.isView(data)) {
    return new FastBuffer(data.buffer, data.byteOffset, data.byteLength);
  }

  return Buffer.from(data);
}

/**
 * @param {any} data
 * @returns {boolean} whether it is memory that the program may still use
 */
function isMemory(data) {
  return ArrayBuffer.isView(data) || data instanceof ArrayBuffer;
}

/**
 * @param {any} data a string, a Blob, or bytes
 * @returns {number} how many bytes it has
 */
function byteLength(data) {
  if (typeof data === 'string') return Buffer.byteLength(data);
  return isBlob(data) ? data.size : lengthOf(data);
}
