'use strict';

module.exports = { upgradeRequest };

const FIELDS = {
  Host: '127.0.0.1',
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAECAwQFBgcICQoLDA0ODw==',
};

/**
 * A client's half of the opening handshake, line by line, with whatever is to
 * be wrong with it.
 *
 * @param {Record<string, string | string[] | null>} [changes] other header fields: null leaves one out,
 *     an array makes several lines
 * @param {string} [requestLine]
 * @returns {string[]} without the empty line at the end
 */
function upgradeRequest(changes = {}, requestLine = 'GET / HTTP/1.1') {
  const fields = Object.entries({ ...FIELDS, ...changes }).flatMap(
    ([name, values]) =>
      values === null
        ? []
        : [values].flat().map((value) => `${name}: ${value}`),
  );
  return [requestLine, ...fields];
}
