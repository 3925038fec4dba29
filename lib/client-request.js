'use strict';

/**
 * What a client asks for: turns the arguments of the WebSocket constructor into
 * the options of the HTTP request that opens the connection (RFC 6455, section
 * 4.1). It sends nothing.
 *
 * @module client-request
 */

const { randomBytes } = require('crypto');
const net = require('net');
const querystring = require('querystring');
const tls = require('tls');

const { CONNECTION_DEFAULTS } = require('./constants');
const errors = require('./errors');
const extension = require('./extension');
const { checkMaxBufferedAmount } = require('./limits');
const native = require('./native');
const PerMessageDeflate = require('./permessage-deflate');

const PROTOCOL_VERSIONS = [8, 13];
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const DEFAULT_OPTIONS = {
  ...CONNECTION_DEFAULTS,
  followRedirects: false,
  maxRedirects: 10,
  perMessageDeflate: true,
  protocolVersion: 13,
};

/** Options of `http.request()` on which the URL alone decides. */
const DERIVED_FROM_URL = {
  host: undefined,
  hostname: undefined,
  method: 'GET',
  path: undefined,
  port: undefined,
  protocol: undefined,
  protocols: undefined,
  socketPath: undefined,
  timeout: undefined,
};

/**
 * What the client has asked for and the response is checked against.
 *
 * @typedef {object} Request
 * @property {string} key the value of the `Sec-WebSocket-Key` header
 * @property {Set<string>} protocols the subprotocols
 * @property {PerMessageDeflate | undefined} perMessageDeflate the extension, if
 *     it was offered
 */

/**
 * @param {any} protocols the second argument of the constructor
 * @param {any} options the third
 * @returns {{ protocols: any[], options: any }} what they mean
 */
function sortArguments(protocols, options) {
  if (
    typeof protocols === 'object' &&
    protocols !== null &&
    !Array.isArray(protocols)
  ) {
    options = protocols;
    protocols = undefined;
  }

  if (protocols === undefined) protocols = options?.protocols;
  if (protocols === undefined) protocols = [];

  return {
    protocols: Array.isArray(protocols) ? protocols : [protocols],
    options,
  };
}

/**
 * Completes the user's options.
 *
 * @param {object | undefined} options the options of the constructor
 * @returns {any} a new object
 * @throws {RangeError} if `protocolVersion` is neither 8 nor 13
 * @throws {TypeError} if `maxBufferedAmount` is no limit
 */
function resolveOptions(options) {
  const resolved = { ...DEFAULT_OPTIONS, ...options, ...DERIVED_FROM_URL };

  if (!PROTOCOL_VERSIONS.includes(resolved.protocolVersion)) {
    throw errors.unsupportedProtocolVersion(
      resolved.protocolVersion,
      PROTOCOL_VERSIONS,
    );
  }

  checkMaxBufferedAmount(resolved);

  return resolved;
}

/**
 * @param {string | URL} address where to connect to; `http:` and `https:` are
 *     read as `ws:` and `wss:`
 * @returns {URL}
 * @throws {SyntaxError} if it cannot be parsed
 */
function resolveUrl(address) {
  let url;

  if (address instanceof URL) {
    url = address;
  } else {
    try {
      url = new URL(address);
    } catch {
      throw errors.invalidUrl(address);
    }
  }

  if (url.protocol !== 'http:' && url.protocol !== 'https:') return url;

  const webSocketUrl = new URL(url);
  webSocketUrl.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  return webSocketUrl;
}

/**
 * @param {URL} url where to connect to
 * @returns {SyntaxError | null} why that cannot be, if it cannot
 */
function findUrlFault(url) {
  if (!isPlain(url) && !isSecure(url) && !isIpc(url)) {
    return errors.unsupportedUrlScheme();
  }
  if (isIpc(url) && !url.pathname) return errors.emptyUrlPathname();
  if (url.hash) return errors.fragmentInUrl();
  return null;
}

/**
 * Adds to the options everything that the request needs.
 *
 * @param {any} options the resolved options, which become those of the request
 * @param {URL} url where to connect to
 * @param {string[]} protocols the subprotocols
 * @returns {Request}
 * @throws {SyntaxError} if a subprotocol is not a token or is given twice
 */
function prepareRequest(options, url, protocols) {
  const defaultPort = isSecure(url) ? 443 : 80;

  options.createConnection ||= isSecure(url) ? connectSecurely : connectPlainly;
  options.defaultPort ||= defaultPort;
  options.port = url.port || defaultPort;
  options.host = withoutBrackets(url.hostname);
  options.path = url.pathname + url.search;
  options.timeout = options.handshakeTimeout;

  const request = addHeaders(options, protocols);

  if (url.username || url.password) {
    const user = querystring.unescape(url.username);
    const password = querystring.unescape(url.password);

    options.auth = `${user}:${password}`;
  }

  if (isIpc(url)) splitIpcPath(options);

  return request;
}

/**
 * @param {URL} url
 * @returns {boolean} whether the connection uses TLS
 */
function isSecure(url) {
  return url.protocol === 'wss:';
}

/**
 * @param {URL} url
 * @returns {boolean} whether it names a Unix socket or a Windows pipe
 */
function isIpc(url) {
  return url.protocol === 'ws+unix:';
}

module.exports = {
  findUrlFault,
  isIpc,
  isSecure,
  prepareRequest,
  resolveOptions,
  resolveUrl,
  sortArguments,
};

/**
 * @param {URL} url
 * @returns {boolean} whether it names a TCP connection without TLS
 */
function isPlain(url) {
  return url.protocol === 'ws:';
}

/**
 * Adds the headers of the handshake to the user's. The order in which they are
 * assigned is the order on the wire.
 *
 * @param {any} options the options of the request
 * @param {string[]} protocols the subprotocols
 * @returns {Request} what the headers ask for
 */
function addHeaders(options, protocols) {
  /** @type {Request} */
  const request = {
    key: randomBytes(16).toString('base64'),
    protocols: toUniqueTokens(protocols),
    perMessageDeflate: createDeflate(options),
  };

  const headers = {
    ...options.headers,
    'Sec-WebSocket-Version': options.protocolVersion,
    'Sec-WebSocket-Key': request.key,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
  };

  if (request.perMessageDeflate) {
    headers['Sec-WebSocket-Extensions'] = extension.format({
      [PerMessageDeflate.extensionName]: request.perMessageDeflate.offer(),
    });
  }

  if (protocols.length > 0) {
    headers['Sec-WebSocket-Protocol'] = protocols.join(',');
  }

  if (options.origin) {
    const name =
      options.protocolVersion < 13 ? 'Sec-WebSocket-Origin' : 'Origin';

    headers[name] = options.origin;
  }

  options.headers = headers;
  return request;
}

/**
 * What is offered is not reserved: other handshakes may be faster.
 *
 * @returns {boolean} whether the process may have more compression contexts
 */
function hasRoomForContexts() {
  const hasRoom = native.reserveContexts() === 1;

  native.releaseContexts();
  return hasRoom;
}

/**
 * @param {any} options the options of the request
 * @returns {PerMessageDeflate | undefined} the extension, if it is to be offered
 */
function createDeflate({ maxPayload, perMessageDeflate }) {
  if (!perMessageDeflate || !hasRoomForContexts()) return undefined;

  return new PerMessageDeflate({
    ...perMessageDeflate,
    isServer: false,
    maxPayload,
  });
}

/**
 * @param {string[]} protocols the subprotocols
 * @returns {Set<string>}
 * @throws {SyntaxError} if one is not a token or is given twice
 */
function toUniqueTokens(protocols) {
  const unique = new Set();

  for (const protocol of protocols) {
    if (
      typeof protocol !== 'string' ||
      !TOKEN.test(protocol) ||
      unique.has(protocol)
    ) {
      throw errors.invalidSubprotocol();
    }

    unique.add(protocol);
  }

  return unique;
}

/**
 * `ws+unix:/path/of/the.sock:/request/path`: what comes after the first colon
 * is the path of the request.
 *
 * @param {any} options the options of the request
 */
function splitIpcPath(options) {
  const [socketPath, ...rest] = options.path.split(':');

  options.socketPath = socketPath;
  options.path = rest.join(':');
}

/**
 * @param {string} hostname the host name of a URL
 * @returns {string} the same, an IPv6 address without its brackets
 */
function withoutBrackets(hostname) {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/**
 * @param {any} options the options of the request, in which `path` is that of
 *     the request; for a socket it would be that of a Unix socket
 * @returns {net.Socket} a socket which is connecting
 */
function connectPlainly(options) {
  options.path = options.socketPath;
  return net.connect(options);
}

/**
 * @param {any} options the options of the request
 * @returns {tls.TLSSocket} a socket which is connecting
 */
function connectSecurely(options) {
  options.path = undefined;

  if (!options.servername && options.servername !== '') {
    // Server Name Indication carries names only, RFC 6066, section 3.
    options.servername = net.isIP(options.host) ? '' : options.host;
  }

  return tls.connect(options);
}
