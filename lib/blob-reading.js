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
 * Sends what has been read, within the promise: a program that waits for the
 * Blob, too, may then end the connection. Nobody is called back in there.
 *
 * @param {import('./sender')} sender
 * @param {Blob} blob
 * @param {ArrayBuffer} bytes what it contains
 * @param {((error?: Error) => void) | undefined} callback
 * @param {(bytes: Uint8Array) => void} write
 */
function blobRead(sender, blob, bytes, callback, write) {
  if (sender[kSocket].destroyed) {
    const error = errors.socketClosedWhile('the blob was being read');

    nextTick(callWaiting, sender, error, callback);
    return;
  }

  let waiting = callback;

  try {
    sender._bufferedBytes -= blob.size;
    sender._state = DEFAULT;
    write(toBytes(bytes));
    // The Blob is sent, and its sender hears of that.
    waiting = undefined;
    sender._dequeue();
  } catch (error) {
    sender._state = READING_BLOB;
    nextTick(blobFailed, sender, error, waiting);
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
