'use strict';

const EventEmitter = require('events');
const net = require('net');

const { abortHandshake, connect } = require('./client-handshake');
const { sortArguments } = require('./client-request');
const Connection = require('./connection');
const {
  BINARY_TYPES,
  CLOSED,
  CLOSING,
  CONNECTING,
  EMPTY_BUFFER,
  OPEN,
  READY_STATES,
  kConnection,
  kOutput,
  kSocket,
  kUpgradeResponse,
  kWebSocket,
} = require('./constants');
const errors = require('./errors');
const {
  EventTarget,
  defineEventAttributes,
  makeEnumerable,
} = require('./event-target');
const { BINARY, COMPRESS, FIN, MASK } = require('./frame-flags');
const NativeLink = require('./native-link');
const { takeOver } = require('./native-socket');
const PerMessageDeflate = require('./permessage-deflate');
const Receiver = require('./receiver');
const Sender = require('./sender');
const {
  connectionEvents,
  senderOnError,
  senderOnOverflow,
  listenToSocket,
  peerIsDone,
  setCloseTimer,
} = require('./websocket-events');
const {
  changeFlags,
  sendAfterClose,
  sendControl,
} = require('./websocket-sending');

// Taken once: a test that replaces the timers of the process for a while must
// not leave a flush unscheduled for good.
const { nextTick } = process;

const ABNORMAL_CLOSURE = 1006;

const CLOSED_TOO_EARLY =
  'WebSocket was closed before the connection was established';

/**
 * A WebSocket, of either end.
 *
 * Events: `open`, `message`, `ping`, `pong`, `close`, `error`; on a client also
 * `upgrade`, `unexpected-response` and `redirect`.
 *
 * @extends EventEmitter
 */
class WebSocket extends EventEmitter {
  /**
   * Connects to a server.
   *
   * @param {string | URL | null} address where to; null makes the server's end,
   *     which gets its socket later
   * @param {string | string[] | object} [protocols] the subprotocols to offer;
   *     or the options
   * @param {any} [options] see `ClientOptions` in index.d.ts
   * @throws {SyntaxError} if the URL or a subprotocol is invalid
   * @throws {RangeError} if the protocol version is unknown
   * @throws {TypeError} if `maxBufferedAmount` is no limit
   */
  constructor(address, protocols, options) {
    super();

    this._binaryType = BINARY_TYPES[0];
    this._closeCode = ABNORMAL_CLOSURE;
    this._closeFrameReceived = false;
    this._closeFrameSent = false;
    this._closeMessage = EMPTY_BUFFER;
    this._closeTimer = null;
    this._errorEmitted = false;
    /** @type {Record<string, any>} */
    this._extensions = {};
    this._paused = false;
    this._protocol = '';
    this._readyState = CONNECTING;
    /** @type {Sender | null} */
    this._sender = null;
    /** @type {string} */
    this._url = undefined;
    setConnection(this, null);
    setSocket(this, null);

    if (address === null) {
      this._isServer = true;
    } else {
      this._bufferedAmount = 0;
      this._isServer = false;
      this._redirects = 0;
      /** @type {any} the request of the opening handshake, while there is one */
      this._req = null;

      const given = sortArguments(protocols, options);

      options = connect(this, address, given.protocols, given.options) ?? {};
    }

    if (options.autoPong) {
      this._autoPong = true;
      this._pendingAutoPongs = 0;
      this._maxPendingAutoPongs = options.maxPendingAutoPongs | 0;
      /** @type {(() => void) | null} made with the first ping */
      this._autoPongComplete = null;
    }

    this._closeTimeout = options.closeTimeout;
  }

  /**
   * How binary messages are given: 'nodebuffer' (the default), 'arraybuffer',
   * 'fragments' or 'blob'. Other values are ignored.
   *
   * @returns {string}
   */
  get binaryType() {
    return this._binaryType;
  }

  set binaryType(type) {
    if (!BINARY_TYPES.includes(type)) return;

    this._binaryType = type;
    this[kConnection]?.setBinaryType(type);
  }

  /**
   * Bytes that were sent and have not been taken by the system.
   *
   * @returns {number}
   */
  get bufferedAmount() {
    if (this[kSocket] === null) return this._bufferedAmount;

    return this._sender.bufferedBytes;
  }

  /**
   * The negotiated extensions, separated by commas.
   *
   * @returns {string}
   */
  get extensions() {
    return Object.keys(this._extensions).join();
  }

  /**
   * Whether `pause()` is in effect.
   *
   * @returns {boolean}
   */
  get isPaused() {
    return this._paused;
  }

  /**
   * The subprotocol that the server chose; empty if none.
   *
   * @returns {string}
   */
  get protocol() {
    return this._protocol;
  }

  /**
   * `CONNECTING` (0), `OPEN` (1), `CLOSING` (2) or `CLOSED` (3).
   *
   * @returns {number}
   */
  get readyState() {
    return this._readyState;
  }

  /**
   * The URL of the server; undefined on the server's end.
   *
   * @returns {string}
   */
  get url() {
    return this._url;
  }

  /**
   * The socket; null before there is one. A connection that the engine has had
   * from its beginning has none until somebody asks.
   *
   * @private
   */
  get _socket() {
    const socket = this[kSocket];

    return socket instanceof NativeLink ? socket.toSocket() : socket;
  }

  /** @private */
  set _socket(socket) {
    setSocket(this, socket);
  }

  /**
   * What receives, as a stream of its own; null without a socket.
   *
   * @private
   */
  get _receiver() {
    const connection = this[kConnection];

    return connection === null ? null : Receiver.of(connection);
  }

  /**
   * Gives the WebSocket its socket, at the end of the opening handshake.
   *
   * @param {any} socket the socket
   * @param {Buffer} head what was read after the handshake
   * @param {object} options
   * @param {boolean} [options.allowSynchronousEvents=false] whether several
   *     events may come in one tick
   * @param {(mask: Buffer) => void} [options.generateMask] fills in masking keys
   * @param {number} [options.maxBufferedAmount=0] in bytes; 0 for no limit
   * @param {number} [options.maxBufferedChunks=0] 0 for no limit
   * @param {number} [options.maxFragments=0] 0 for no limit
   * @param {number} [options.maxPayload=0] in bytes; 0 for no limit
   * @param {boolean} [options.skipUTF8Validation=false]
   * @private
   */
  setSocket(socket, head, options) {
    const response = options[kUpgradeResponse] ?? '';
    const link = socket instanceof NativeLink ? socket : null;
    const own = {
      allowSynchronousEvents: options.allowSynchronousEvents,
      binaryType: this._binaryType,
    };
    const connection =
      link?.connection ?? new Connection(this, connectionEvents, own);

    link?.connection.setOwner(this, own);

    setConnection(this, connection);
    setSocket(this, socket);
    socket[kWebSocket] = this;

    // A plain Duplex has none of these.
    if (socket.setTimeout) socket.setTimeout(0);
    if (socket.setNoDelay) socket.setNoDelay();

    const settings = {
      isServer: this._isServer,
      maxBufferedChunks: options.maxBufferedChunks | 0,
      maxFragments: options.maxFragments | 0,
      maxPayload: options.maxPayload | 0,
      perMessageDeflate: this._extensions[PerMessageDeflate.extensionName],
      skipUTF8Validation: Boolean(options.skipUTF8Validation),
    };

    if (link !== null) {
      link.admit(settings, response);
      nextTick(startReading, this, head);
    } else if (takeOver(connection, socket, settings, response)) {
      // The program has this tick to add its listeners.
      nextTick(startReading, this, head);
    } else {
      connection.openStream(settings);
      connection.sharesChunks = socket instanceof net.Socket;
      if (response) socket.write(response);
      if (head.length > 0) socket.unshift(head);
    }

    this._sender = new Sender(
      socket,
      this._extensions,
      options.generateMask,
      connection,
    );
    this._sender[kWebSocket] = this;
    this._sender.onerror = senderOnError;

    if (options.maxBufferedAmount > 0) {
      this._sender._maxBufferedAmount = options.maxBufferedAmount;
      this._sender.onoverflow = senderOnOverflow;
    }

    if (link !== null) link.output = this._sender[kOutput];

    listenToSocket(socket, connection.isNative);

    this._readyState = OPEN;
    this.emit('open');
  }

  /**
   * Ends the life of the WebSocket with the `close` event.
   *
   * @private
   */
  emitClose() {
    if (this[kSocket] !== null) {
      this._extensions[PerMessageDeflate.extensionName]?.cleanup();
      this[kConnection].silence();
      if (!this[kConnection].isNative) this[kConnection].close();
    }

    this._readyState = CLOSED;
    this.emit('close', this._closeCode, this._closeMessage);
  }

  /**
   * Starts the closing handshake (RFC 6455, section 7), or goes on with it.
   *
   *     open ── close() ──▶ close frame sent ── peer's close frame ──▶ FIN
   *     open ── peer's close frame ──▶ close frame sent ──▶ FIN
   *
   * The socket is destroyed if the peer has not done its part within
   * `closeTimeout`.
   *
   * @param {number} [code] why: 1000, or 3000 to 4999, are for applications
   * @param {string | Buffer} [reason] the same in words, at most 123 bytes
   * @throws {TypeError} if the code may not be sent
   * @throws {RangeError} if the reason is too long
   */
  close(code, reason) {
    switch (this._readyState) {
      case CLOSED:
        return;
      case CONNECTING:
        abortHandshake(this, this._req, CLOSED_TOO_EARLY);
        return;
      case CLOSING:
        if (this._closeFrameSent && peerIsDone(this)) this[kSocket].end();
        return;
    }

    const isLast = peerIsDone(this) && this._sender.isDirect;

    this._sender.close(code, reason, !this._isServer, (error) => {
      // The socket's own listener takes care of an error.
      if (error) return;

      this._closeFrameSent = true;
      if (peerIsDone(this)) this[kSocket].end();
    });

    // Frame and FIN go together: nothing comes between them.
    if (isLast) this[kSocket].sendEnd?.();
    this._readyState = CLOSING;
    setCloseTimer(this);
  }

  /** Stops the events of the peer. What has been read already still comes. */
  pause() {
    if (this._readyState === CONNECTING || this._readyState === CLOSED) return;

    this._paused = true;
    this[kSocket].pause();
  }

  /**
   * Sends a ping (RFC 6455, section 5.5.2).
   *
   * @param {any} [data] the payload, at most 125 bytes
   * @param {boolean} [mask] masks the frame; by default a client does
   * @param {(error?: Error) => void} [callback] called when it is written
   * @throws {Error} while CONNECTING
   */
  ping(data, mask, callback) {
    sendControl(this, 'ping', data, mask, callback);
  }

  /**
   * Sends a pong (RFC 6455, section 5.5.3).
   *
   * @param {any} [data] the payload, at most 125 bytes
   * @param {boolean} [mask] masks the frame; by default a client does
   * @param {(error?: Error) => void} [callback] called when it is written
   * @throws {Error} while CONNECTING
   */
  pong(data, mask, callback) {
    sendControl(this, 'pong', data, mask, callback);
  }

  /** Lets the events of the peer come again. */
  resume() {
    if (this._readyState === CONNECTING || this._readyState === CLOSED) return;

    this._paused = false;
    if (this[kConnection].isIdle) this[kSocket].resume();
  }

  /**
   * Sends a message.
   *
   * @param {any} data a string (sent as text), a Buffer, typed array,
   *     ArrayBuffer or Blob (sent as binary), or what `Buffer.from()` accepts
   * @param {object} [options]
   * @param {boolean} [options.binary] binary or text; by default by the type of
   *     the data
   * @param {boolean} [options.compress=true] compresses, if that has been
   *     negotiated
   * @param {boolean} [options.fin=true] the last fragment of the message
   * @param {boolean} [options.mask] masks the frame; by default a client does
   * @param {(error?: Error) => void} [callback] called when it is written
   * @throws {Error} while CONNECTING
   * @throws {TypeError} if the data is nothing that can be sent
   */
  send(data, options, callback) {
    if (this._readyState === CONNECTING) throw errors.notOpen(CONNECTING);

    if (typeof options === 'function') {
      callback = options;
      options = undefined;
    }

    if (typeof data === 'number') data = data.toString();

    if (this._readyState !== OPEN) {
      sendAfterClose(this, data, callback);
      return;
    }

    let flags = FIN | COMPRESS;

    if (typeof data !== 'string') flags |= BINARY;
    if (!this._isServer) flags |= MASK;
    if (options) flags = changeFlags(flags, { ...options });

    this._sender.sendMessage(data || EMPTY_BUFFER, flags, callback);
  }

  /** Closes the connection at once, without a closing handshake. */
  terminate() {
    if (this._readyState === CLOSED) return;

    if (this._readyState === CONNECTING) {
      abortHandshake(this, this._req, CLOSED_TOO_EARLY);
    } else if (this[kSocket]) {
      this._readyState = CLOSING;
      this._sender.flush();
      this[kSocket].destroy();
    }
  }
}

for (const [value, name] of READY_STATES.entries()) {
  const constant = { enumerable: true, value };

  Object.defineProperty(WebSocket, name, constant);
  Object.defineProperty(WebSocket.prototype, name, constant);
}

makeEnumerable(WebSocket, [
  'binaryType',
  'bufferedAmount',
  'extensions',
  'isPaused',
  'protocol',
  'readyState',
  'url',
]);
defineEventAttributes(WebSocket.prototype);

// @ts-ignore: methods of the prototype, as `ws` has them
WebSocket.prototype.addEventListener = EventTarget.addEventListener;
// @ts-ignore
WebSocket.prototype.removeEventListener = EventTarget.removeEventListener;

module.exports = WebSocket;

/**
 * A symbol, because classes that extend this one have properties of their own.
 *
 * @param {any} websocket
 * @param {Connection | null} connection
 */
function setConnection(websocket, connection) {
  websocket[kConnection] = connection;
}

/**
 * @param {any} websocket
 * @param {any} socket its socket, or what it has in place of one
 */
function setSocket(websocket, socket) {
  websocket[kSocket] = socket;
}

/**
 * @param {WebSocket} websocket whose socket was taken over
 * @param {Buffer} head what was read before
 */
function startReading(websocket, head) {
  const connection = websocket[kConnection];
  const socket = /** @type {any} */ (websocket)[kSocket];

  connection.start(head);
  // The stream has to flow for its `end` event.
  if (!connection.paused) socket.resume();
}
