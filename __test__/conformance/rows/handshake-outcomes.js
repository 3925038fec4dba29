'use strict';

/**
 * What may come of a request to a server.
 *
 * @module handshake-outcomes
 */

/** @param {...string} notes what the response says beside 101 */
function upgraded(...notes) {
  return {
    api: ['connection', 'close 1000'],
    wire: ['101', ...notes, 'close 1000'],
  };
}

/**
 * @param {string} status
 * @param {...string} notes what the response says beside it
 */
function refused(status, ...notes) {
  return { api: [], wire: [status, ...notes] };
}

module.exports = { refused, upgraded };
