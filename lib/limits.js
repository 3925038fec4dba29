'use strict';

/**
 * What all connections of the process may take together, in all its threads.
 *
 * @module limits
 */

const native = require('./native');

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

module.exports = { NAMES, isLimit, memoryUsage, setLimit };

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
