'use strict';

/**
 * What a server decides about a client whose request is in order, or its hooks
 * do: whether it may come in, what is used of what it offers, and under which
 * limits.
 *
 * @module server-decisions
 */

const { kUpgradeResponse } = require('./constants');
const native = require('./native');
const PerMessageDeflate = require('./permessage-deflate');
const {
  acceptedExtensionLine,
  describeClient,
  refuse,
} = require('./server-handshake');

/** @typedef {import('http').IncomingMessage} IncomingMessage */

module.exports = { connectionOptions, negotiate, verify };

/**
 * Asks the `verifyClient` hook, which returns its verdict or, if it takes two
 * arguments, calls back with it.
 *
 * @param {any} options the options of the server
 * @param {IncomingMessage} req the upgrade request
 * @param {import('stream').Duplex} socket its socket, for the refusal
 * @param {() => void} proceed called if the client may come in
 */
function verify(options, req, socket, proceed) {
  if (!options.verifyClient) {
    proceed();
    return;
  }

  const client = describeClient(req);

  if (options.verifyClient.length === 2) {
    options.verifyClient(client, (verified, status, message, headers) => {
      if (verified) proceed();
      else refuse(socket, status || 401, message, headers);
    });
  } else if (options.verifyClient(client)) {
    proceed();
  } else {
    refuse(socket, 401);
  }
}

/**
 * Decides what a connection uses of what its client offers, and says so.
 *
 * @param {any} wss
 * @param {any} ws the connection
 * @param {Set<string>} protocols the subprotocols that are offered
 * @param {Record<string, PerMessageDeflate>} extensions accepted extensions
 * @param {IncomingMessage} req
 * @param {string[]} lines of the response, to be added to
 */
function negotiate(wss, ws, protocols, extensions, req, lines) {
  const protocol = chooseProtocol(protocols, req, wss.options);

  if (protocol) {
    lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
    ws._protocol = protocol;
  }

  const perMessageDeflate = extensions[PerMessageDeflate.extensionName];
  if (perMessageDeflate && native.reserveContexts() === 1) {
    // The connection is opened in this tick, unless a listener throws.
    process.nextTick(native.releaseContexts);
    lines.push(acceptedExtensionLine(perMessageDeflate));
    ws._extensions = extensions;
  }

  // The listeners may change the lines.
  wss.emit('headers', lines, req);
}

/**
 * @param {any} wss
 * @param {string | false} response what `setSocket()` is to write first
 * @returns {object} the options of `setSocket()`
 */
function connectionOptions({ options }, response) {
  return {
    allowSynchronousEvents: options.allowSynchronousEvents,
    maxBufferedChunks: options.maxBufferedChunks,
    maxFragments: options.maxFragments,
    maxPayload: options.maxPayload,
    skipUTF8Validation: options.skipUTF8Validation,
    ...(options.maxBufferedAmount && {
      maxBufferedAmount: options.maxBufferedAmount,
    }),
    ...(response !== false && { [kUpgradeResponse]: response }),
  };
}

/**
 * @param {Set<string>} protocols the subprotocols that the client offers
 * @param {IncomingMessage} req the upgrade request
 * @param {any} options the options of the server
 * @returns {string | false | undefined} the one to use: what the
 *     `handleProtocols` hook says, else the first
 */
function chooseProtocol(protocols, req, options) {
  if (protocols.size === 0) return undefined;
  if (options.handleProtocols) return options.handleProtocols(protocols, req);

  const [first] = protocols;
  return first;
}
