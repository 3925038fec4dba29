'use strict';

// The global is a getter.
const { Buffer } = require('buffer');

const native = require('./native');

/** Where a key is made, unless its frame's options name another place. */
const sharedMaskBuffer = Buffer.alloc(4);

module.exports = { makeKey, sharedMaskBuffer };

/**
 * @param {((mask: Buffer) => void) | undefined} generateMask
 * @param {any} [place] where the key is made: a Buffer, or what is like one
 * @returns {number} a masking key, as a number
 */
function makeKey(generateMask, place = sharedMaskBuffer) {
  const key = sharedMaskBuffer;

  if (generateMask) generateMask(place);
  else {
    key.writeUInt32BE(native.randomMask());
    for (let i = 0; i < 4; i++) place[i] = key[i];
  }

  // What is no number is 0, as in any byte of a frame.
  for (let i = 0; i < 4; i++) key[i] = place[i];

  return key.readUInt32BE(0);
}
