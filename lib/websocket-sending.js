'use strict';

/**
 * What the calls of `send()`, `ping()` and `pong()` mean: their arguments, in
 * all the forms that `ws` takes, and what comes of a call that is too late.
 *
 * @module websocket-sending
 */

const { CONNECTING, EMPTY_BUFFER, OPEN, kSocket } = require('./constants');
const errors = require('./errors');
const { BINARY, COMPRESS, FIN, MASK } = require('./frame-flags');
const { byteLength, isBlob, toBytes } = require('./message-data');

// Taken once: a test that replaces the timers of the process for a while must
// not keep a callback back for good.
const { nextTick } = process;

module.exports = { changeFlags, sendAfterClose, sendControl };

/**
 * @param {number} flags the defaults
 * @param {any} options those of `send()`, a copy; one that is there counts, even
 *     if it is undefined
 * @returns {number} the flags of a message
 */
function changeFlags(flags, options) {
  const { binary, compress, fin, mask } = options;

  // Each name in a line of its own: that is what V8 makes fast.
  if (binary !== undefined || 'binary' in options) {
    flags = binary ? flags | BINARY : flags & ~BINARY;
  }
  if (compress !== undefined || 'compress' in options) {
    flags = compress ? flags | COMPRESS : flags & ~COMPRESS;
  }
  if (fin !== undefined || 'fin' in options) {
    flags = fin ? flags | FIN : flags & ~FIN;
  }
  if (mask !== undefined || 'mask' in options) {
    flags = mask ? flags | MASK : flags & ~MASK;
  }

  return flags;
}

/**
 * @param {any} websocket
 * @param {'ping' | 'pong'} kind
 * @param {any} data
 * @param {any} mask
 * @param {any} callback
 */
function sendControl(websocket, kind, data, mask, callback) {
  if (websocket._readyState === CONNECTING) throw errors.notOpen(CONNECTING);

  if (typeof data === 'function') {
    callback = data;
    data = mask = undefined;
  } else if (typeof mask === 'function') {
    callback = mask;
    mask = undefined;
  }

  if (typeof data === 'number') data = data.toString();

  if (websocket._readyState !== OPEN) {
    sendAfterClose(websocket, data, callback);
    return;
  }

  if (mask === undefined) mask = !websocket._isServer;
  websocket._sender[kind](data || EMPTY_BUFFER, mask, callback);
}

/**
 * What is sent too late counts as buffered for ever, as browsers have it.
 *
 * @param {any} websocket
 * @param {any} data
 * @param {any} callback
 */
function sendAfterClose(websocket, data, callback) {
  if (data) {
    const isReady = typeof data === 'string' || isBlob(data);
    const length = byteLength(isReady ? data : toBytes(data));

    if (websocket[kSocket]) websocket._sender._bufferedBytes += length;
    else websocket._bufferedAmount += length;
  }

  if (callback) {
    // Whoever gave something else is told by the error that Node has for it.
    if (typeof callback !== 'function') nextTick(callback);

    const error = errors.notOpen(websocket._readyState);
    const tell = () => callback(error);

    if (websocket._sender === null) nextTick(tell);
    else websocket._sender.afterCallbacks(tell);
  }
}
