'use strict';

/**
 * The one place where lib/ makes its errors, so that a message is written once
 * and the same mistake always reads the same.
 *
 * Classes, messages and codes are those a program written for `ws` may test
 * for. An error has a `code` where `ws` gives it one.
 *
 * @module errors
 */

const { constants } = require('os');
const { getSystemErrorName } = require('util');

const { READY_STATES, kStatusCode } = require('./constants');

/** Whether Node ends a write that was under way when its socket is destroyed. */
const CANCELS_WRITES = parseInt(process.versions.node, 10) >= 22;

/**
 * @typedef {Error & { code?: string, errno?: number }} CodedError
 */

// Making a WebSocket.

/**
 * @param {unknown} version the `protocolVersion` option
 * @param {readonly number[]} supported the versions there are
 * @returns {RangeError}
 */
function unsupportedProtocolVersion(version, supported) {
  return new RangeError(
    `Unsupported protocol version: ${version} ` +
      `(supported versions: ${supported.join(', ')})`,
  );
}

/**
 * @param {unknown} url what could not be parsed
 * @returns {SyntaxError}
 */
function invalidUrl(url) {
  return new SyntaxError(`Invalid URL: ${url}`);
}

/**
 * @returns {SyntaxError}
 */
function unsupportedUrlScheme() {
  return new SyntaxError(
    'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", ' +
      'or "ws+unix:"',
  );
}

/**
 * @returns {SyntaxError}
 */
function emptyUrlPathname() {
  return new SyntaxError("The URL's pathname is empty");
}

/**
 * @returns {SyntaxError}
 */
function fragmentInUrl() {
  return new SyntaxError('The URL contains a fragment identifier');
}

/**
 * @returns {SyntaxError}
 */
function invalidSubprotocol() {
  return new SyntaxError('An invalid or duplicated subprotocol was specified');
}

// Options that `ws` does not have.

/**
 * @param {string} name the name of the option
 * @param {unknown} value what it was given
 * @param {string} expected what it must be
 * @returns {TypeError & { code: string }}
 */
function invalidOption(name, value, expected) {
  return Object.assign(
    new TypeError(`${name} must be ${expected}, not ${String(value)}`),
    { code: 'ERR_INVALID_ARG_VALUE' },
  );
}

// Using a WebSocket or a server in the wrong state, or with wrong arguments.

/**
 * @param {number} readyState the state in which the call was made
 * @returns {Error}
 */
function notOpen(readyState) {
  return new Error(
    `WebSocket is not open: readyState ${readyState} ` +
      `(${READY_STATES[readyState]})`,
  );
}

/**
 * @returns {TypeError}
 */
function invalidCloseCode() {
  return new TypeError('First argument must be a valid error code number');
}

/**
 * @returns {TypeError}
 */
function invalidCloseReason() {
  return new TypeError('Second argument must be a string or a Uint8Array');
}

/**
 * @returns {RangeError}
 */
function closeReasonTooLong() {
  return new RangeError('The message must not be greater than 123 bytes');
}

/**
 * @returns {RangeError}
 */
function controlPayloadTooLong() {
  return new RangeError('The data size must not be greater than 125 bytes');
}

/**
 * What a send callback gets when the connection ended before its frame was
 * written, in the words of this Node: since 22 the write in flight is canceled,
 * and what waits behind it fails for the same reason.
 *
 * @returns {CodedError}
 */
function neverWritten() {
  if (CANCELS_WRITES) return socketFailed(constants.errno.ECANCELED, 'write');

  return Object.assign(
    new Error('Cannot call write after a stream was destroyed'),
    { code: 'ERR_STREAM_DESTROYED' },
  );
}

/**
 * A failed system call on a socket.
 *
 * @param {number} errno the number of the error, as the system gives it
 * @param {string} syscall 'read' or 'write'
 * @returns {CodedError}
 */
function socketFailed(errno, syscall) {
  const code = errno > 0 ? getSystemErrorName(-errno) : 'EIO';

  return Object.assign(new Error(`${syscall} ${code}`), {
    errno: -errno,
    code,
    syscall,
  });
}

/**
 * Something that must not happen has happened in the engine, to one connection.
 *
 * @returns {CodedError}
 */
function internalError() {
  return Object.assign(new Error('hawser: an internal error occurred'), {
    code: 'HAWSER_ERR_INTERNAL',
  });
}

/**
 * @param {string} activity what was being done to the data or the blob
 * @returns {Error}
 */
function socketClosedWhile(activity) {
  return new Error(`The socket was closed while ${activity}`);
}

/**
 * @returns {TypeError}
 */
function ambiguousServerMode() {
  return new TypeError(
    'One and only one of the "port", "server", or "noServer" options must be ' +
      'specified',
  );
}

/**
 * @returns {Error}
 */
function serverWithoutAddress() {
  return new Error('The server is operating in "noServer" mode');
}

/**
 * @returns {Error}
 */
function serverNotRunning() {
  return new Error('The server is not running');
}

/**
 * @returns {Error}
 */
function socketAlreadyUpgraded() {
  return new Error(
    'server.handleUpgrade() was called more than once with the same socket, ' +
      'possibly due to a misconfiguration',
  );
}

// The opening handshake.

/**
 * An error of the opening handshake whose stack starts at the caller of
 * `below`, because the helpers that noticed it tell the user nothing.
 *
 * @param {string} message what is wrong
 * @param {Function} below the innermost function to leave out of the stack
 * @returns {Error}
 */
function handshakeFailed(message, below) {
  const error = new Error(message);
  Error.captureStackTrace(error, below);
  return error;
}

/**
 * Gives an error of the native header parsers the class it has in JavaScript.
 *
 * @param {unknown} error what the native function threw
 * @returns {SyntaxError}
 */
function malformedHeader(error) {
  return new SyntaxError(/** @type {Error} */ (error).message);
}

// permessage-deflate: negotiation (RFC 7692, section 7.1) and (de)compression.

/**
 * @param {string} name the name of the parameter
 * @returns {Error}
 */
function repeatedParameter(name) {
  return new Error(`Parameter "${name}" must have only a single value`);
}

/**
 * @param {string} name the name of the parameter
 * @returns {Error}
 */
function unknownParameter(name) {
  return new Error(`Unknown parameter "${name}"`);
}

/**
 * @param {string} name the name of the parameter
 * @param {unknown} value the value it came with
 * @returns {TypeError}
 */
function invalidParameterValue(name, value) {
  return new TypeError(`Invalid value for parameter "${name}": ${value}`);
}

/**
 * @param {string} problem what is wrong with the parameter
 * @param {string} name the name of the parameter
 * @returns {Error}
 */
function unacceptableParameter(problem, name) {
  return new Error(`${problem} parameter "${name}"`);
}

/**
 * @returns {Error}
 */
function noAcceptableOffer() {
  return new Error('None of the extension offers can be accepted');
}

/**
 * @param {'deflate' | 'inflate'} direction which of the two was at work
 * @returns {Error}
 */
function compressionInterrupted(direction) {
  return new Error(
    `The ${direction} stream was closed while data was being processed`,
  );
}

/**
 * A violation of the protocol or of a limit: it fails the connection with a
 * close code of its own.
 *
 * @param {ErrorConstructor | RangeErrorConstructor} Class its class
 * @param {string} message what is wrong
 * @param {string} code the error code, `WS_ERR_*`
 * @param {number} closeCode the close code, RFC 6455, section 7.4.1
 * @returns {CodedError}
 */
function connectionFailure(Class, message, code, closeCode) {
  /** @type {CodedError} */
  const error = new Class(message);

  error.code = code;
  error[kStatusCode] = closeCode;
  return error;
}

/**
 * @returns {CodedError}
 */
function payloadTooLarge() {
  return connectionFailure(
    RangeError,
    'Max payload size exceeded',
    'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    1009,
  );
}

/**
 * The peer does not take what is sent to it, and as much waits as may. No close
 * frame can tell it so.
 *
 * @param {number} most the `maxBufferedAmount` of the connection
 * @returns {CodedError}
 */
function bufferLimitExceeded(most) {
  return Object.assign(
    new Error(`More than ${most} bytes wait for a peer that does not read`),
    { code: 'WS_ERR_BUFFER_LIMIT' },
  );
}

/**
 * The same, but it is the process that holds as much for all its peers as it
 * may (`maxOutboundBytes`).
 *
 * @returns {CodedError}
 */
function outboundLimitExceeded() {
  return Object.assign(
    new Error('Too many bytes wait in this process for peers that do not read'),
    { code: 'WS_ERR_OUTBOUND_LIMIT' },
  );
}

module.exports = {
  ambiguousServerMode,
  bufferLimitExceeded,
  closeReasonTooLong,
  compressionInterrupted,
  connectionFailure,
  controlPayloadTooLong,
  emptyUrlPathname,
  fragmentInUrl,
  handshakeFailed,
  internalError,
  invalidCloseCode,
  invalidCloseReason,
  invalidOption,
  invalidParameterValue,
  invalidSubprotocol,
  invalidUrl,
  malformedHeader,
  noAcceptableOffer,
  notOpen,
  outboundLimitExceeded,
  payloadTooLarge,
  repeatedParameter,
  serverNotRunning,
  serverWithoutAddress,
  socketAlreadyUpgraded,
  socketClosedWhile,
  socketFailed,
  neverWritten,
  unacceptableParameter,
  unknownParameter,
  unsupportedProtocolVersion,
  unsupportedUrlScheme,
};
