'use strict';

/**
 * A set-up step failed for a reason that the person at the keyboard can mend; the message says how.
 */
class SetupError extends Error {
  /**
   * @param {string} message What is wrong and what to do about it
   */
  constructor(message) {
    super(message);
    this.name = 'SetupError';
    this.code = 'HAWSER_ERR_SETUP';
  }
}

module.exports = { SetupError };
