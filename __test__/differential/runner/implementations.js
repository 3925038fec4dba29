'use strict';

/**
 * The two that are compared, and on which driver the second one runs.
 *
 * With `HAWSER_TEST_SUBJECT=ws` both are `ws`: a scenario that differs then is
 * not deterministic, and the scenario is what has to be mended.
 *
 * @module implementations
 */

const { WebSocket: subject, isControl } = require('../../support/subject');

module.exports = {
  oracle: require('ws'),
  subject,
  isControl,
  driver: driverOf(process.env),
};

/**
 * @param {object} environment
 * @returns {'event_loop' | 'io_threads' | 'stream'}
 */
function driverOf({ HAWSER_IO_THREADS: threads, HAWSER_TAKEOVER: takeover }) {
  if (takeover === '0') return 'stream';
  return Number(threads) > 0 ? 'io_threads' : 'event_loop';
}
