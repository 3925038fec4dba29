'use strict';

module.exports = headerText;

/**
 * The value of a header for the parsers, which take strings.
 *
 * @param {any} value what a caller gave for one
 * @returns {string} the same as a string; empty for what has no length, as if
 *     its characters were read one by one
 * @throws {TypeError} for undefined and null, and for what has a length but no
 *     characters
 */
function headerText(value) {
  if (!(value.length > 0)) return '';

  value.charCodeAt(0);
  return `${value}`;
}
