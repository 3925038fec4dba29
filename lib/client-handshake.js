'use strict';

/**
 * The client's side of the opening handshake, RFC 6455, section 4.1: sends the
 * request, follows redirects, and either hands the socket to the WebSocket or
 * ends it with an error.
 *
 * @module client-handshake
 */

const http = require('http');
const https = require('https');

const { isRedirect, prepareForRedirects } = require('./client-redirect');
const {
  findUrlFault,
  isSecure,
  prepareRequest,
  resolveOptions,
  resolveUrl,
} = require('./client-request');
const checkResponse = require('./client-response');
const { CLOSING, CONNECTING, NOOP } = require('./constants');
const errors = require('./errors');

/** On a request whose errors are of no interest any more. */
const kSettled = Symbol('hawser: handshake settled');

/**
 * Starts to connect a WebSocket.
 *
 * @param {any} websocket the WebSocket
 * @param {string | URL} address where to connect to
 * @param {string[]} protocols the subprotocols to offer
 * @param {object} [options] the options of the constructor: what `http.request()`
 *     and `https.request()` take, and
 * @param {boolean} [options.allowSynchronousEvents=true] whether several
 *     `message`, `ping` and `pong` events may come in one tick
 * @param {boolean} [options.autoPong=true] answer each ping with a pong
 * @param {number} [options.closeTimeout=30000] milliseconds which `close()`
 *     waits for the peer
 * @param {Function} [options.finishRequest] gets the request and the WebSocket
 *     and has to call `request.end()`
 * @param {boolean} [options.followRedirects=false] go where a 3xx response says
 * @param {(mask: Buffer) => void} [options.generateMask] fills in the masking
 *     key of each frame
 * @param {number} [options.handshakeTimeout] milliseconds without anything from
 *     the server after which the handshake fails
 * @param {number} [options.maxBufferedAmount=0] most bytes that may wait for
 *    a peer that does not read; 0 for no limit
 * @param {number} [options.maxBufferedChunks=262144] most chunks buffered
 * @param {number} [options.maxFragments=16384] most fragments of one message
 * @param {number} [options.maxPayload=104857600] most bytes of one message
 * @param {number} [options.maxPendingAutoPongs=60] most automatic pongs that
 *     wait to be sent
 * @param {number} [options.maxRedirects=10] most redirects to follow
 * @param {string} [options.origin] value of the `Origin` header, or with
 *     version 8 of `Sec-WebSocket-Origin`
 * @param {boolean | object} [options.perMessageDeflate=true] whether to offer
 *     compression, and its options
 * @param {number} [options.protocolVersion=13] 13 or 8
 * @param {boolean} [options.skipUTF8Validation=false] trust text to be UTF-8
 * @returns {any} all options with their values; undefined if a redirect led to
 *     a URL that cannot be used
 * @throws {SyntaxError} if the URL or a subprotocol is invalid
 * @throws {RangeError} if there is no such protocol version
 * @throws {TypeError} if `maxBufferedAmount` is no limit
 */
function connect(websocket, address, protocols, options) {
  const requestOptions = resolveOptions(options);
  const url = resolveUrl(address);

  websocket._url = url.href;

  const fault = findUrlFault(url);
  if (fault) {
    if (websocket._redirects === 0) throw fault;

    emitErrorAndClose(websocket, fault);
    return undefined;
  }

  const asked = prepareRequest(requestOptions, url, protocols);

  if (requestOptions.followRedirects) {
    options = prepareForRedirects(websocket, url, requestOptions, options);
  }

  const { request } = isSecure(url) ? https : http;
  const req = (websocket._req = request(requestOptions));

  if (requestOptions.followRedirects && websocket._redirects > 0) {
    // A listener may close the WebSocket. The request goes on all the same, so
    // that its errors always have a listener; they are ignored by then.
    emitOrAbort(websocket, req, 'redirect', websocket.url, req);
  }

  if (requestOptions.timeout) {
    req.on('timeout', () => {
      abortHandshake(websocket, req, 'Opening handshake has timed out');
    });
  }

  req.on('error', (error) => {
    if (req[kSettled]) return;

    req[kSettled] = true;
    websocket._req = null;
    emitErrorAndClose(websocket, error);
  });

  req.on('response', (res) => {
    if (isRedirect(res) && requestOptions.followRedirects) {
      const target = nextTarget(websocket, req, res, address, requestOptions);

      if (target) connect(websocket, target, protocols, options);
    } else if (!websocket.emit('unexpected-response', req, res)) {
      const message = `Unexpected server response: ${res.statusCode}`;

      abortHandshake(websocket, req, message);
    }
  });

  req.on('upgrade', (res, socket, head) => {
    emitOrAbort(websocket, req, 'upgrade', res);

    // A listener has closed the WebSocket.
    if (websocket.readyState !== CONNECTING) return;

    req[kSettled] = true;
    websocket._req = null;

    const problem = checkResponse(websocket, res, asked);

    if (problem) abortHandshake(websocket, socket, problem);
    else establish(websocket, socket, head, requestOptions);
  });

  if (requestOptions.finishRequest) {
    requestOptions.finishRequest(req, websocket);
  } else {
    req.end();
  }

  return requestOptions;
}

/**
 * Emits an event of the handshake. A listener that throws ends the handshake: it
 * may have meant to, and nobody would ever hear of the WebSocket again.
 *
 * @param {any} websocket the WebSocket
 * @param {http.ClientRequest} req the request
 * @param {string} event its name
 * @param {...any} args what listeners get
 */
function emitOrAbort(websocket, req, event, ...args) {
  let isHeard = false;

  try {
    websocket.emit(event, ...args);
    isHeard = true;
  } finally {
    if (!isHeard && websocket.readyState === CONNECTING) {
      // The listeners of its errors are still to come.
      req.on('error', NOOP);
      abortHandshake(websocket, req, `A listener of '${event}' has thrown`);
    }
  }
}

/**
 * Gives the handshake up: the WebSocket emits `error` and `close`, later.
 *
 * @param {any} websocket the WebSocket, still CONNECTING
 * @param {any} stream the request, or the socket once there is one
 * @param {string} message the message of the error
 */
function abortHandshake(websocket, stream, message) {
  const error = errors.handshakeFailed(message, abortHandshake);

  websocket._readyState = CLOSING;

  if (!stream.setHeader) {
    stream.destroy(error);
    stream.once('error', websocket.emit.bind(websocket, 'error'));
    stream.once('close', websocket.emitClose.bind(websocket));
    return;
  }

  stream[kSettled] = true;
  stream.abort();

  // abort() leaves the socket of a request alone that has been answered.
  if (stream.socket && !stream.socket.destroyed) stream.socket.destroy();

  process.nextTick(emitErrorAndClose, websocket, error);
}

/**
 * Ends a WebSocket that never got a socket.
 *
 * @param {any} websocket the WebSocket
 * @param {Error} error why
 */
function emitErrorAndClose(websocket, error) {
  websocket._readyState = CLOSING;
  websocket._errorEmitted = true;
  websocket.emit('error', error);
  websocket.emitClose();
}

module.exports = { abortHandshake, connect, emitErrorAndClose };

/**
 * Ends a request which was answered with a redirect.
 *
 * @param {any} websocket the WebSocket
 * @param {http.ClientRequest} req the request
 * @param {http.IncomingMessage} res its response
 * @param {string | URL} address where the request went
 * @param {any} requestOptions its options
 * @returns {URL | null} where to go now; null if the handshake has failed
 */
function nextTarget(websocket, req, res, address, requestOptions) {
  websocket._redirects++;

  if (websocket._redirects > requestOptions.maxRedirects) {
    abortHandshake(websocket, req, 'Maximum redirects exceeded');
    return null;
  }

  req.abort();

  try {
    return new URL(res.headers.location, address);
  } catch {
    emitErrorAndClose(websocket, errors.invalidUrl(res.headers.location));
    return null;
  }
}

/**
 * The handshake has succeeded: hands the socket to the WebSocket.
 *
 * @param {any} websocket the WebSocket
 * @param {import('stream').Duplex} socket its socket from now on
 * @param {Buffer} head what the server has sent after its response
 * @param {any} options all options of the client
 */
function establish(websocket, socket, head, options) {
  websocket.setSocket(socket, head, {
    allowSynchronousEvents: options.allowSynchronousEvents,
    generateMask: options.generateMask,
    ...(options.maxBufferedAmount && {
      maxBufferedAmount: options.maxBufferedAmount,
    }),
    maxBufferedChunks: options.maxBufferedChunks,
    maxFragments: options.maxFragments,
    maxPayload: options.maxPayload,
    skipUTF8Validation: options.skipUTF8Validation,
  });
}
