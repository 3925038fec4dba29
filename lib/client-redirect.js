'use strict';

/**
 * What a redirect of the opening handshake is, and what goes along with it: no
 * headers that are only for the server which the user has named.
 *
 * @module client-redirect
 */

const { isIpc, isSecure } = require('./client-request');

module.exports = { isRedirect, prepareForRedirects };

/**
 * @param {import('http').IncomingMessage} res the response
 * @returns {boolean} whether it points to another URL
 */
function isRedirect({ headers, statusCode }) {
  return Boolean(headers.location) && statusCode >= 300 && statusCode < 400;
}

/**
 * On the first request, remembers where the user wanted to connect to and which
 * headers to repeat. On a later one, drops the headers which are not for the
 * server that the redirect leads to, as curl does.
 *
 * A user who listens for `redirect` takes that decision upon himself.
 *
 * @param {any} websocket the WebSocket
 * @param {URL} url where this request goes
 * @param {any} requestOptions its options; headers may be removed from them
 * @param {any} options the options to redirect with
 * @returns {any} the options for the next redirect
 */
function prepareForRedirects(websocket, url, requestOptions, options) {
  const hostOrSocketPath = isIpc(url) ? requestOptions.socketPath : url.host;

  if (websocket._redirects === 0) {
    websocket._originalIpc = isIpc(url);
    websocket._originalSecure = isSecure(url);
    websocket._originalHostOrSocketPath = hostOrSocketPath;

    // A copy, because it will be changed and the user's must not be.
    options = { ...options, headers: lowerCaseNames(options?.headers) };
  } else if (websocket.listenerCount('redirect') === 0) {
    const isSameHost =
      isIpc(url) === websocket._originalIpc &&
      hostOrSocketPath === websocket._originalHostOrSocketPath;
    const isDowngrade = websocket._originalSecure && !isSecure(url);

    if (!isSameHost) delete requestOptions.headers.host;

    if (!isSameHost || isDowngrade) {
      delete requestOptions.headers.authorization;
      delete requestOptions.headers.cookie;
      requestOptions.auth = undefined;
    }
  }

  // The credentials that were in a URL go along, unless there are others.
  if (requestOptions.auth && !options.headers.authorization) {
    const credentials = Buffer.from(requestOptions.auth).toString('base64');

    options.headers.authorization = `Basic ${credentials}`;
  }

  return options;
}

/**
 * @param {Record<string, any> | undefined} headers
 * @returns {Record<string, any>} the same headers under lower-case names
 */
function lowerCaseNames(headers = {}) {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]),
  );
}
