'use strict';

/** Bits of the first setting. `src/bridge/open.rs` has the same lists. */
const SERVER = 1;
const SKIP_UTF8_VALIDATION = 2;
const KEEP_FRAGMENTS = 4;
const DEFLATE = 8;

/** Reused for every connection: the engine reads it while it is called. */
const settings = new Float64Array(12);

/** What can be changed later. `src/bridge/control.rs` has the same list. */
const DecoderSetting = Object.freeze({
  keepFragments: 0,
  maxPayload: 1,
  maxFragments: 2,
  maxBufferedChunks: 3,
  skipUTF8Validation: 4,
});

module.exports = { DecoderSetting, describeConnection };

/**
 * Describes a connection to the engine.
 *
 * @param {any} options `isServer`, `maxBufferedChunks`, `maxFragments`,
 *     `maxPayload`, `skipUTF8Validation` and, if it has been negotiated,
 *     `perMessageDeflate`
 * @param {string} binaryType how binary messages are given
 * @returns {Float64Array} to be used at once: the next call writes it anew
 */
function describeConnection(options, binaryType) {
  const { perMessageDeflate } = options;

  settings[0] =
    (options.isServer ? SERVER : 0) |
    (options.skipUTF8Validation ? SKIP_UTF8_VALIDATION : 0) |
    (binaryType === 'fragments' ? KEEP_FRAGMENTS : 0) |
    (perMessageDeflate?.params ? DEFLATE : 0);
  settings[1] = options.maxPayload | 0;
  settings[2] = options.maxFragments | 0;
  settings[3] = options.maxBufferedChunks | 0;

  if (perMessageDeflate?.params) {
    describeDeflate(perMessageDeflate);
  }

  return settings;
}

/**
 * @param {import('./permessage-deflate')} extension the negotiated extension
 */
function describeDeflate(extension) {
  const { deflateSettings: deflate, inflateSettings: inflate } = extension;

  settings[4] = deflate.level;
  settings[5] = deflate.windowBits;
  settings[6] = deflate.memLevel;
  settings[7] = deflate.strategy;
  settings[8] = deflate.noContextTakeover ? 1 : 0;
  settings[9] = wholeThreshold(extension._threshold);
  settings[10] = inflate.windowBits;
  settings[11] = inflate.noContextTakeover ? 1 : 0;
}

/**
 * @param {any} threshold an option of any type
 * @returns {number} the least number of bytes that is not below it; what is no
 *     number is never reached
 */
function wholeThreshold(threshold) {
  const bytes = Math.ceil(Number(threshold));

  return Number.isNaN(bytes) ? Infinity : bytes;
}
