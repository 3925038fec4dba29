'use strict';

/**
 * The server's side of the opening handshake, RFC 6455, section 4.2: what a
 * request has to look like, and what the answers look like on the wire. What
 * to do about them is decided in websocket-server.js and server-decisions.js.
 *
 * @module server-handshake
 */

const http = require('http');

const errors = require('./errors');
const extension = require('./extension');
const native = require('./native');
const PerMessageDeflate = require('./permessage-deflate');
const subprotocol = require('./subprotocol');

/** Sixteen bytes in base64, as a `Sec-WebSocket-Key` must be. */
const KEY_PATTERN = /^[A-Za-z0-9+/]{22}==$/;

/** 13 is RFC 6455; 8 is the draft that differs only in the Origin header. */
const SUPPORTED_VERSIONS = [13, 8];

/** What would end a line of a head, to some reader. */
const LINE_BREAKS = /[\r\n\0]/g;

/**
 * Why a request is refused.
 *
 * @typedef {object} Refusal
 * @property {number} status the status code of the answer
 * @property {string} message its body, and the message of a `wsClientError`
 * @property {Record<string, any>} [headers] more headers for the answer
 */

/**
 * Checks the request line and the headers that every client has to send.
 *
 * @param {http.IncomingMessage} req the upgrade request
 * @returns {Refusal | null} null if the request is in order
 */
function checkRequest(req) {
  const { headers, method } = req;

  if (method !== 'GET') {
    return { status: 405, message: 'Invalid HTTP method' };
  }
  if (headers.upgrade?.toLowerCase() !== 'websocket') {
    return { status: 400, message: 'Invalid Upgrade header' };
  }
  if (!KEY_PATTERN.test(headers['sec-websocket-key'] ?? '')) {
    return {
      status: 400,
      message: 'Missing or invalid Sec-WebSocket-Key header',
    };
  }
  if (!SUPPORTED_VERSIONS.includes(protocolVersion(req))) {
    return {
      status: 400,
      message: 'Missing or invalid Sec-WebSocket-Version header',
      headers: { 'Sec-WebSocket-Version': SUPPORTED_VERSIONS.join(', ') },
    };
  }

  return null;
}

/**
 * Reads which subprotocols and which extensions the client offers, and accepts
 * permessage-deflate if it can be.
 *
 * @param {http.IncomingMessage} req the upgrade request
 * @param {any} options the options of the server
 * @returns {{
 *   refusal: Refusal | null,
 *   protocols: Set<string>,
 *   extensions: Record<string, PerMessageDeflate>,
 * }} the offered subprotocols and the accepted extensions, unless there is a
 *     `refusal`
 */
function readOffers(req, options) {
  const offers = { refusal: null, protocols: new Set(), extensions: {} };
  const protocols = req.headers['sec-websocket-protocol'];
  const extensions = req.headers['sec-websocket-extensions'];

  try {
    if (protocols !== undefined) {
      offers.protocols = subprotocol.parse(protocols);
    }
  } catch {
    offers.refusal = invalidHeader('Invalid Sec-WebSocket-Protocol header');
    return offers;
  }

  try {
    if (extensions !== undefined && options.perMessageDeflate) {
      offers.extensions = acceptDeflate(extensions, options);
    }
  } catch {
    offers.refusal = invalidHeader(
      'Invalid or unacceptable Sec-WebSocket-Extensions header',
    );
  }

  return offers;
}

/**
 * What `verifyClient` is told about a client.
 *
 * @param {http.IncomingMessage} req the upgrade request
 * @returns {{ origin: any, secure: boolean, req: http.IncomingMessage }}
 */
function describeClient(req) {
  const originHeader =
    protocolVersion(req) === 8 ? 'sec-websocket-origin' : 'origin';
  const socket = /** @type {any} */ (req.socket);

  return {
    origin: req.headers[originHeader],
    secure: Boolean(socket.authorized || socket.encrypted),
    req,
  };
}

/**
 * Begins the answer that accepts the client, RFC 6455, section 4.2.2.
 *
 * @param {string} key the value of the `Sec-WebSocket-Key` header
 * @returns {string[]} the lines of the response head
 */
function acceptanceHead(key) {
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${native.acceptKey(`${key}`)}`,
  ];
}

/**
 * @param {PerMessageDeflate} perMessageDeflate the accepted extension
 * @returns {string} the line which tells the client
 */
function acceptedExtensionLine(perMessageDeflate) {
  const value = extension.format({
    [PerMessageDeflate.extensionName]: perMessageDeflate.params,
  });

  return `Sec-WebSocket-Extensions: ${value}`;
}

/**
 * Answers with an HTTP error, and closes the connection when it is written.
 *
 * @param {import('stream').Duplex} socket the socket of the request
 * @param {number} status the status code
 * @param {string} [message] the body; the name of the status unless given
 * @param {Record<string, any>} [headers] more headers, or other values for
 *     those there are
 */
function refuse(socket, status, message, headers) {
  const reason = http.STATUS_CODES[status];
  const body = message || reason;
  const fields = {
    Connection: 'close',
    'Content-Type': 'text/html',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  };
  const head = headOf([
    `HTTP/1.1 ${status} ${reason}`,
    ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
  ]);

  socket.once('finish', socket.destroy);
  socket.end(`${head}${body}`);
}

/**
 * Puts the head of a response together. What is in a line stays in that line: a
 * hook that repeats what a client has sent, decoded, must not let the client
 * write headers, or what comes behind them (RFC 9110, section 5.5).
 *
 * @param {string[]} lines
 * @returns {string} with the empty line at its end
 */
function headOf(lines) {
  const head = lines.map((line) => `${line ?? ''}`.replace(LINE_BREAKS, ' '));

  return [...head, '\r\n'].join('\r\n');
}

/**
 * Leaves a faulty request to the listeners of `wsClientError`, who have to
 * answer it then. Without any, answers it.
 *
 * @param {import('events').EventEmitter} server the WebSocketServer
 * @param {http.IncomingMessage} req the upgrade request
 * @param {import('stream').Duplex} socket its socket
 * @param {Refusal} refusal what is wrong with it
 */
function reportOrRefuse(server, req, socket, refusal) {
  const { headers, message, status } = refusal;

  if (server.listenerCount('wsClientError') === 0) {
    refuse(socket, status, message, headers);
    return;
  }

  const error = errors.handshakeFailed(message, reportOrRefuse);
  server.emit('wsClientError', error, socket, req);
}

/**
 * The `error` listener of a socket during the handshake.
 *
 * @this {import('stream').Duplex}
 */
function destroyOnError() {
  this.destroy();
}

module.exports = {
  acceptanceHead,
  acceptedExtensionLine,
  checkRequest,
  describeClient,
  destroyOnError,
  headOf,
  readOffers,
  refuse,
  reportOrRefuse,
};

/**
 * @param {http.IncomingMessage} req the upgrade request
 * @returns {number} the value of the `Sec-WebSocket-Version` header
 */
function protocolVersion(req) {
  return Number(req.headers['sec-websocket-version']);
}

/**
 * @param {string} message which header is wrong
 * @returns {Refusal}
 */
function invalidHeader(message) {
  return { status: 400, message };
}

/**
 * @param {string} header the value of the `Sec-WebSocket-Extensions` header
 * @param {any} options the options of the server
 * @returns {Record<string, PerMessageDeflate>} permessage-deflate, if it is
 *     among the offers
 * @throws {Error} if the header is malformed or no offer can be accepted
 */
function acceptDeflate(header, options) {
  const name = PerMessageDeflate.extensionName;
  const offers = extension.parse(header)[name];
  if (offers === undefined) return {};

  const perMessageDeflate = new PerMessageDeflate({
    ...options.perMessageDeflate,
    isServer: true,
    maxPayload: options.maxPayload,
  });

  perMessageDeflate.accept(offers);
  return { [name]: perMessageDeflate };
}
