'use strict';

/**
 * What all connections of the process may take together, in all its threads; and
 * what can be a limit at all.
 *
 * @module limits
 */

const errors = require('./errors');
const native = require('./native');

/** What the error says that refuses another value. */
const EXPECTED = 'a whole number, 0 or greater';

/** Options of `configure()`, in the order of `src/bridge/limits.rs`. */
const NAMES = ['maxInboundBytes', 'maxOutboundBytes', 'maxDeflateContexts'];

const [INBOUND, OUTBOUND, CONTEXTS] = NAMES.keys();

/**
 * How much all connections of the process take, in all its threads.
 *
 * @returns {{ inboundBytes: number, outboundBytes: number,
 *     deflateContexts: number }} what `maxInboundBytes`, `maxOutboundBytes` and
 *     `maxDeflateContexts` limit
 */
function memoryUsage() {
  return {
    inboundBytes: native.usage(INBOUND),
    outboundBytes: native.usage(OUTBOUND),
    deflateContexts: native.usage(CONTEXTS),
  };
}

module.exports = {
  EXPECTED,
  NAMES,
  checkMaxBufferedAmount,
  isLimit,
  memoryUsage,
  setLimit,
};

/**
 * @param {any} options of a client or a server
 * @throws {TypeError} with the code `ERR_INVALID_ARG_VALUE` if its
 *     `maxBufferedAmount` is no limit: a public server must not be without one
 *     for a slip
 */
function checkMaxBufferedAmount({ maxBufferedAmount: most }) {
  if (most === undefined || most === Infinity || isLimit(most)) return;

  throw errors.invalidOption(
    'maxBufferedAmount',
    most,
    `${EXPECTED}, or Infinity`,
  );
}

/**
 * @param {unknown} value
 * @returns {boolean} whether it can be a limit
 */
function isLimit(value) {
  return Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;
}

/**
 * @param {string} name one of `NAMES`
 * @param {number} most the limit; 0 for none
 * @param {boolean} isInitial whether the environment says so, which counts once
 *     for the process
 */
function setLimit(name, most, isInitial) {
  native.configureLimits(NAMES.indexOf(name), most, isInitial);
}
