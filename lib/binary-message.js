'use strict';

/**
 * Binary messages as `binaryType` wants them.
 *
 * @module binary-message
 */

module.exports = { convert, convertFragments };

/**
 * @param {Buffer} data a binary message
 * @param {string} binaryType
 * @returns {any} the same as `binaryType` wants it
 */
function convert(data, binaryType) {
  switch (binaryType) {
    case 'arraybuffer':
      return toArrayBuffer(data);
    case 'blob':
      return new Blob([/** @type {any} */ (data)]);
    case 'fragments':
      return data.length > 0 ? [data] : [];
    default:
      return data;
  }
}

/**
 * @param {Buffer[]} fragments a binary message
 * @param {string} binaryType which may have changed since it began
 * @returns {any} the same as `binaryType` wants it
 */
function convertFragments(fragments, binaryType) {
  if (binaryType === 'fragments') return fragments;

  return convert(
    fragments.length === 1 ? fragments[0] : Buffer.concat(fragments),
    binaryType,
  );
}

/**
 * @param {Buffer} buffer
 * @returns {ArrayBuffer} one with just these bytes
 */
function toArrayBuffer(buffer) {
  const { buffer: memory, byteOffset, byteLength } = buffer;

  if (byteLength === memory.byteLength) return /** @type {any} */ (memory);

  return /** @type {any} */ (memory.slice(byteOffset, byteOffset + byteLength));
}
