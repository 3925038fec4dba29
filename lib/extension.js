'use strict';

const { malformedHeader } = require('./errors');
const headerText = require('./header-text');
const native = require('./native');

/**
 * The parameters of one extension: each name with the values it was given, in
 * order; `true` stands for a parameter without a value.
 *
 * @typedef {Record<string, (string | true)[]>} ExtensionParameters
 */

/**
 * Parses the value of a `Sec-WebSocket-Extensions` header (RFC 6455, section
 * 9.1). The result and the objects in it have no prototype, so that no name a
 * peer sends can meet an inherited property.
 *
 * @param {string} header the value of the header
 * @returns {Record<string, ExtensionParameters[]>} for each extension, its
 *     offers in the order of the header
 * @throws {SyntaxError} if the header does not follow the grammar
 */
function parse(header) {
  const extensions = Object.create(null);

  for (const [name, parameters] of parseOffers(header)) {
    const offer = Object.create(null);

    for (const [parameter, value] of parameters) {
      append(offer, parameter, value);
    }

    append(extensions, name, offer);
  }

  return extensions;
}

/**
 * Writes the value of a `Sec-WebSocket-Extensions` header.
 *
 * @param {Record<string, object | object[]>} extensions for each extension its
 *     parameters, or an array of alternatives; each parameter has a value or
 *     an array of values, and `true` writes the name alone
 * @returns {string} the value of the header
 */
function format(extensions) {
  const formatOffers = ([name, alternatives]) =>
    asArray(alternatives)
      .map((parameters) => [name, ...formatParameters(parameters)].join('; '))
      .join(', ');

  return Object.entries(extensions).map(formatOffers).join(', ');
}

module.exports = { format, parse };

/**
 * @param {string} header the value of the header
 * @returns {[string, [string, string | true][]][]} each offer: the name of the
 *     extension and its parameters
 */
function parseOffers(header) {
  const text = headerText(header);

  try {
    return native.parseExtensions(text);
  } catch (error) {
    throw malformedHeader(error);
  }
}

/**
 * @param {object} parameters the parameters of one offer
 * @returns {string[]} each as it is written in the header
 */
function formatParameters(parameters) {
  return Object.entries(parameters).map(([name, values]) =>
    asArray(values)
      .map((value) => (value === true ? name : `${name}=${value}`))
      .join('; '),
  );
}

/**
 * @param {object} lists an object whose properties are arrays
 * @param {string} key the property to add to
 * @param {unknown} item what to add
 */
function append(lists, key, item) {
  if (key in lists) lists[key].push(item);
  else lists[key] = [item];
}

/**
 * @template T
 * @param {T | T[]} value
 * @returns {T[]}
 */
function asArray(value) {
  return Array.isArray(value) ? value : [value];
}
