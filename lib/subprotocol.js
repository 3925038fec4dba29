'use strict';

const { malformedHeader } = require('./errors');
const headerText = require('./header-text');
const native = require('./native');

/**
 * Parses the value of a `Sec-WebSocket-Protocol` request header (RFC 6455,
 * section 11.3.4).
 *
 * @param {string} header the value of the header
 * @returns {Set<string>} the subprotocols, in the client's order of preference
 * @throws {SyntaxError} if the header is malformed or names one twice
 */
function parse(header) {
  const text = headerText(header);

  try {
    return new Set(native.parseSubprotocols(text));
  } catch (error) {
    throw malformedHeader(error);
  }
}

module.exports = { parse };
