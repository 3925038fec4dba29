'use strict';

/**
 * Values shared by several files of lib/. It requires nothing, so anything may
 * require it.
 *
 * @module constants
 */

/**
 * What `websocket.binaryType` may be set to. The first is the default; the
 * others are the ones a browser knows, and `fragments`, which gives a message
 * as the list of its fragments.
 *
 * @type {string[]}
 */
const BINARY_TYPES = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'];

/** The values of `websocket.readyState`, as the WHATWG interface numbers them. */
const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** The name of each `readyState`, at its own index. */
const READY_STATES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];

/** How long, in milliseconds, `close()` waits for the peer's close frame. */
const CLOSE_TIMEOUT = 30 * 1000;

/**
 * What a client and a server both assume where the user's options say nothing.
 * Sizes are in bytes; for each limit 0 means that there is none.
 */
const CONNECTION_DEFAULTS = Object.freeze({
  allowSynchronousEvents: true,
  autoPong: true,
  closeTimeout: CLOSE_TIMEOUT,
  maxBufferedChunks: 256 * 1024,
  maxFragments: 16 * 1024,
  maxPayload: 100 * 1024 * 1024,
  maxPendingAutoPongs: 60,
  skipUTF8Validation: false,
});

/** One empty Buffer for everyone who needs one. */
const EMPTY_BUFFER = Buffer.alloc(0);

/** On a WebSocket, its receiver, and a socket that was taken over: the connection. */
const kConnection = Symbol('hawser: connection');

/** Marks a listener which was registered through an `on*` attribute. */
const kForOnEventAttribute = Symbol('hawser: set through an on* attribute');

/** On a listener made by `addEventListener()`: what the user passed to it. */
const kListener = Symbol('hawser: listener given by the user');

/** On a sender: where its frames go. */
const kOutput = Symbol('hawser: output of a sender');

/** On a WebSocketServer: the HTTP server, without a program having asked. */
const kServer = Symbol('hawser: HTTP server of a WebSocketServer');

/** On a WebSocket, and its sender: the socket, or what there is in its place. */
const kSocket = Symbol('hawser: socket, or native link');

/** On an error: the close code with which the connection is to be failed. */
const kStatusCode = Symbol('hawser: close code of an error');

/**
 * On the options of `setSocket()`: the head of the 101 response, which
 * `setSocket()` writes before any frame.
 */
const kUpgradeResponse = Symbol('hawser: head of the 101 response');

/** On a socket: the WebSocket that lives on it. */
const kWebSocket = Symbol('hawser: WebSocket of a socket');

/** Does nothing. */
const NOOP = () => {};

module.exports = {
  BINARY_TYPES,
  CLOSED,
  CLOSE_TIMEOUT,
  CLOSING,
  CONNECTING,
  CONNECTION_DEFAULTS,
  EMPTY_BUFFER,
  NOOP,
  OPEN,
  READY_STATES,
  kConnection,
  kForOnEventAttribute,
  kListener,
  kOutput,
  kServer,
  kSocket,
  kStatusCode,
  kUpgradeResponse,
  kWebSocket,
};
