'use strict';

/**
 * What comes of a Blob that a sender reads to send it: it is sent, and then
 * what waited behind it; or everyone who waits is told that it cannot be.
 *
 * @module blob-reading
 */

const { kSocket } = require('./constants');
const errors = require('./errors');
const { toBytes } = require('./message-data');

// Taken once: a test that replaces the timers of the process for a while must
// not leave a sender waiting for good.
const { nextTick } = process;

/** Nothing waits. */
const DEFAULT = 0;
/** The bytes of a Blob are being read; what is sent meanwhile waits. */
const READING_BLOB = 2;

module.exports = { DEFAULT, READING_BLOB, blobFailed, blobRead };

/**
 * @param {import('./sender')} sender
 * @param {Blob} blob
 * @param {ArrayBuffer} bytes what it contains
 * @param {((error?: Error) => void) | undefined} callback
 * @param {(bytes: Uint8Array) => void} write
 */
function blobRead(sender, blob, bytes, callback, write) {
  if (sender[kSocket].destroyed) {
    const error = errors.socketClosedWhile('the blob was being read');

    callWaiting(sender, error, callback);
    return;
  }

  sender._bufferedBytes -= blob.size;

  try {
    const payload = toBytes(bytes);

    sender._state = DEFAULT;
    write(payload);
  } catch (error) {
    sender._state = READING_BLOB;
    blobFailed(sender, error, callback);
    return;
  }

  try {
    sender._dequeue();
  } catch (error) {
    sender._state = READING_BLOB;
    // The Blob is sent, and its sender hears of that first.
    nextTick(blobFailed, sender, error, undefined);
  }
}

/**
 * @param {import('./sender')} sender
 * @param {Error} error why the Blob cannot be read
 * @param {((error?: Error) => void) | undefined} callback
 */
function blobFailed(sender, error, callback) {
  callWaiting(sender, error, callback);
  sender.onerror(error);
}

/**
 * @param {import('./sender')} sender
 * @param {Error} error for everyone who waits
 * @param {((error?: Error) => void) | undefined} first
 */
function callWaiting(sender, error, first) {
  for (const callback of [first, ...sender._waiting]) {
    if (typeof callback === 'function') callback(error);
  }
}
