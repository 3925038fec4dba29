'use strict';

const errors = require('./errors');

// Taken once: a test that replaces the timers of the process for a while must
// not keep a callback back for good.
const { nextTick } = process;

/**
 * Frames that the engine cannot make, for a reason of its own: their connection
 * has failed, or is about to.
 *
 * @module broken-frame
 */
module.exports = {
  /** What the engine answers. `src/bridge/send.rs` has the same. */
  BROKEN: -2,
  refuse,
};

/**
 * @param {((error?: Error) => void) | undefined} callback of such a frame
 */
function refuse(callback) {
  if (typeof callback === 'function') {
    nextTick(callback, errors.internalError());
  }
}
