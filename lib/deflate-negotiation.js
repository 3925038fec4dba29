'use strict';

/**
 * How two ends agree on the parameters of permessage-deflate, RFC 7692, section
 * 7.1.
 *
 * @module deflate-negotiation
 */

const errors = require('./errors');

/**
 * What both ends agreed on, RFC 7692, section 7.1. A parameter that is absent
 * was not agreed on.
 *
 * @typedef {object} DeflateParameters
 * @property {true} [server_no_context_takeover] the server forgets its window
 *     after each message
 * @property {true} [client_no_context_takeover] the client does
 * @property {number} [server_max_window_bits] the base-2 logarithm of the
 *     server's window, 8 to 15
 * @property {number | true} [client_max_window_bits] that of the client's; in
 *     an offer `true` says that the server may choose it
 */

/**
 * What each parameter may be, RFC 7692, sections 7.1.1 and 7.1.2. The reader
 * gets the value of the header and returns what it means, or undefined if it is
 * not allowed.
 *
 * @type {Map<string, (value: string | true, isServer: boolean) => any>}
 */
const parameterReaders = new Map();

parameterReaders.set('server_no_context_takeover', readFlag);
parameterReaders.set('client_no_context_takeover', readFlag);
parameterReaders.set('server_max_window_bits', readWindowBits);
parameterReaders.set('client_max_window_bits', (value, isServer) =>
  // Only an offer may leave the choice to the other end.
  value === true ? isServer || undefined : readWindowBits(value),
);

/**
 * @param {any} options the options of the extension
 * @returns {object} the parameters of a client's offer
 */
function createOffer(options) {
  /** @type {any} */
  const parameters = {};

  if (options.serverNoContextTakeover) {
    parameters.server_no_context_takeover = true;
  }
  if (options.clientNoContextTakeover) {
    parameters.client_no_context_takeover = true;
  }
  if (options.serverMaxWindowBits) {
    parameters.server_max_window_bits = options.serverMaxWindowBits;
  }

  const clientMaxWindowBits = options.clientMaxWindowBits ?? true;
  if (clientMaxWindowBits) {
    parameters.client_max_window_bits = clientMaxWindowBits;
  }

  return parameters;
}

/**
 * Replaces the list of values of each parameter by its one value.
 *
 * @param {Record<string, any>[]} configurations offers, or the response
 * @param {boolean} isServer whether they came from a client
 */
function normalizeParameters(configurations, isServer) {
  for (const parameters of configurations) {
    for (const name of Object.keys(parameters)) {
      const values = parameters[name];
      if (values.length > 1) throw errors.repeatedParameter(name);

      const read = parameterReaders.get(name);
      if (read === undefined) throw errors.unknownParameter(name);

      const value = read(values[0], isServer);
      if (value === undefined) {
        throw errors.invalidParameterValue(name, values[0]);
      }

      parameters[name] = value;
    }
  }
}

/**
 * The server's half of the negotiation: takes the first offer that its options
 * allow, and adds to it what they ask for.
 *
 * @param {Record<string, any>[]} offers the client's offers, normalized
 * @param {any} options the options of the extension
 * @returns {DeflateParameters}
 */
function chooseOffer(offers, options) {
  const chosen = offers.find((offer) => isAcceptable(offer, options));
  if (chosen === undefined) throw errors.noAcceptableOffer();

  if (options.serverNoContextTakeover) {
    chosen.server_no_context_takeover = true;
  }
  if (options.clientNoContextTakeover) {
    chosen.client_no_context_takeover = true;
  }
  if (typeof options.serverMaxWindowBits === 'number') {
    chosen.server_max_window_bits = options.serverMaxWindowBits;
  }
  if (typeof options.clientMaxWindowBits === 'number') {
    chosen.client_max_window_bits = options.clientMaxWindowBits;
  } else if (
    chosen.client_max_window_bits === true ||
    options.clientMaxWindowBits === false
  ) {
    delete chosen.client_max_window_bits;
  }

  return chosen;
}

/**
 * The client's half of the negotiation: checks the server's response.
 *
 * @param {Record<string, any>} response the response, normalized
 * @param {any} options the options of the extension
 * @returns {DeflateParameters}
 */
function checkResponse(response, options) {
  const { clientMaxWindowBits, clientNoContextTakeover } = options;

  if (
    response.client_no_context_takeover &&
    clientNoContextTakeover === false
  ) {
    throw errors.unacceptableParameter(
      'Unexpected',
      'client_no_context_takeover',
    );
  }

  const isLimited = typeof clientMaxWindowBits === 'number';

  if (!response.client_max_window_bits) {
    if (isLimited) response.client_max_window_bits = clientMaxWindowBits;
  } else if (
    clientMaxWindowBits === false ||
    (isLimited && response.client_max_window_bits > clientMaxWindowBits)
  ) {
    throw errors.unacceptableParameter(
      'Unexpected or invalid',
      'client_max_window_bits',
    );
  }

  return response;
}

module.exports = {
  checkResponse,
  chooseOffer,
  createOffer,
  normalizeParameters,
};

/**
 * @param {string | true} value the value in the header
 * @returns {true | undefined}
 */
function readFlag(value) {
  return value === true ? true : undefined;
}

/**
 * @param {string | true} value the value in the header
 * @returns {number | undefined}
 */
function readWindowBits(value) {
  const bits = Number(value);

  return Number.isInteger(bits) && bits >= 8 && bits <= 15 ? bits : undefined;
}

/**
 * @param {Record<string, any>} offer one offer of the client
 * @param {any} options the options of the extension
 * @returns {boolean} whether the server can serve it
 */
function isAcceptable(offer, options) {
  const { clientMaxWindowBits, serverMaxWindowBits, serverNoContextTakeover } =
    options;

  if (offer.server_no_context_takeover && serverNoContextTakeover === false) {
    return false;
  }

  if (offer.server_max_window_bits) {
    if (serverMaxWindowBits === false) return false;
    if (
      typeof serverMaxWindowBits === 'number' &&
      serverMaxWindowBits > offer.server_max_window_bits
    ) {
      return false;
    }
  }

  // A server can limit the client's window only if the client offered that,
  // and not to more than the client named.
  if (typeof clientMaxWindowBits === 'number') {
    const offered = offer.client_max_window_bits;

    if (!offered) return false;
    if (offered !== true && clientMaxWindowBits > offered) return false;
  }

  return true;
}
