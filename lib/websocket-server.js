'use strict';

const EventEmitter = require('events');

const {
  CONNECTION_DEFAULTS,
  EMPTY_BUFFER,
  kServer,
  kWebSocket,
} = require('./constants');
const errors = require('./errors');
const { attach, listen, setServer } = require('./http-server');
const { checkMaxBufferedAmount } = require('./limits');
const NativeListener = require('./native-listener');
const { connectionOptions, negotiate, verify } = require('./server-decisions');
const {
  acceptanceHead,
  checkRequest,
  destroyOnError,
  headOf,
  readOffers,
  refuse,
  reportOrRefuse,
} = require('./server-handshake');
const WebSocket = require('./websocket');

const RUNNING = 0;
const CLOSING = 1;
const CLOSED = 2;

const DEFAULT_OPTIONS = {
  ...CONNECTION_DEFAULTS,
  backlog: null,
  clientTracking: true,
  handleProtocols: null,
  host: null,
  noServer: false,
  path: null,
  perMessageDeflate: false,
  port: null,
  server: null,
  verifyClient: null,
};

/** @typedef {import('http').IncomingMessage} IncomingMessage */

/**
 * A WebSocket server: on a port of its own, beside an HTTP server that exists,
 * or (`noServer`) for upgrade requests that the program hands to it.
 *
 * Events: `listening`, `connection`, `headers`, `wsClientError`, `error`,
 * `close`.
 */
class WebSocketServer extends EventEmitter {
  /**
   * One and only one of `port`, `server` and `noServer` has to be given.
   *
   * @param {object} options
   * @param {boolean} [options.allowSynchronousEvents=true] whether several
   *     `message`, `ping` and `pong` events may come in one tick
   * @param {boolean} [options.autoPong=true] answer each ping with a pong
   * @param {number} [options.backlog=511] length of the queue of connections
   *     that wait to be accepted
   * @param {boolean} [options.clientTracking=true] keep the open WebSockets in
   *     `clients`
   * @param {number} [options.closeTimeout=30000] milliseconds which `close()`
   *     of a WebSocket waits for the peer
   * @param {Function} [options.handleProtocols] chooses the subprotocol
   * @param {string} [options.host] address to listen on
   * @param {number} [options.maxBufferedAmount=0] most bytes that may wait for
   *    a peer that does not read; 0 for no limit
   * @param {number} [options.maxBufferedChunks=262144] most chunks buffered of
   *     one connection
   * @param {number} [options.maxFragments=16384] most fragments of one message
   * @param {number} [options.maxPayload=104857600] most bytes of one message
   * @param {number} [options.maxPendingAutoPongs=60] most automatic pongs that
   *     wait to be sent
   * @param {boolean} [options.noServer=false] listen on nothing
   * @param {string} [options.path] serve this path only
   * @param {boolean | object} [options.perMessageDeflate=false] whether to
   *     accept compression, and its options
   * @param {number} [options.port] port to listen on
   * @param {import('http').Server | import('https').Server} [options.server]
   *     serve the upgrade requests of this server
   * @param {boolean} [options.skipUTF8Validation=false] trust text to be UTF-8
   * @param {Function} [options.verifyClient] decides whom to let in
   * @param {Function} [options.WebSocket=WebSocket] the class of the
   *     connections: hawser's WebSocket or one that extends it
   * @param {() => void} [callback] with `port`: called when the server listens
   * @throws {TypeError} unless exactly one mode is given, or if
   *     `maxBufferedAmount` is no limit
   */
  constructor(options, callback) {
    super();

    /** @type {any} */
    this.options = { ...DEFAULT_OPTIONS, WebSocket, ...options };
    checkMode(this.options);
    checkMaxBufferedAmount(this.options);

    /** @type {NativeListener | null} what does handshakes in Node's place */
    let listener = null;

    if (this.options.port != null) {
      const server = listen(this.options, callback);

      listener = new NativeListener(
        server,
        () => isPlain(this),
        (...request) => upgrade(this, ...request),
      );
      setServer(this, server, listener);
    } else if (this.options.server) {
      setServer(this, this.options.server);
    }

    if (this[kServer]) {
      this._removeListeners = attach(this, this[kServer], listener);
    }

    if (this.options.perMessageDeflate === true) {
      this.options.perMessageDeflate = {};
    }

    if (this.options.clientTracking) {
      this.clients = new Set();
      this._shouldEmitClose = false;
    }

    this._state = RUNNING;
  }

  /**
   * Where the server is reached.
   *
   * @returns {import('net').AddressInfo | string | null} address, family and
   *     port; the path of a pipe or Unix socket; null when the server is closed
   * @throws {Error} in `noServer` mode
   */
  address() {
    if (this.options.noServer) throw errors.serverWithoutAddress();

    const server = this[kServer];

    return server ? server.address() : null;
  }

  /**
   * Accepts no more connections. The open ones stay open: `close` is emitted
   * once the last of them is closed. A server given by the `server` option is
   * left running.
   *
   * @param {(error?: Error) => void} [callback] called at `close`, with an
   *     error if the server was closed already
   */
  close(callback) {
    if (this._state === CLOSED) {
      if (callback) {
        this.once('close', () => callback(errors.serverNotRunning()));
      }

      process.nextTick(emitClose, this);
      return;
    }

    if (callback) this.once('close', callback);
    if (this._state === CLOSING) return;

    this._state = CLOSING;

    const server = this[kServer];

    if (server) {
      this._removeListeners();
      this._removeListeners = null;
      setServer(this, null);
    }

    if (this.options.port != null) {
      // An upgraded connection counts for the HTTP server until it is closed.
      server.close(() => emitClose(this));
    } else if (this.clients?.size) {
      this._shouldEmitClose = true;
    } else {
      process.nextTick(emitClose, this);
    }
  }

  /**
   * Whether the server answers for the path of a request. Meant to be
   * overridden by who needs another rule.
   *
   * @param {IncomingMessage} req the upgrade request
   * @returns {boolean}
   */
  shouldHandle(req) {
    const { path } = this.options;

    return !path || req.url.split('?', 1)[0] === path;
  }

  /**
   * Does the handshake for an upgrade request: accepts it, or answers with an
   * HTTP error.
   *
   * @param {IncomingMessage} req the request
   * @param {import('stream').Duplex} socket its socket
   * @param {Buffer} head what the client has sent after the request
   * @param {(ws: any, req: IncomingMessage) => void} callback called with the
   *     new WebSocket
   */
  handleUpgrade(req, socket, head, callback) {
    socket.on('error', destroyOnError);

    const fault = checkRequest(req);
    if (fault) {
      reportOrRefuse(this, req, socket, fault);
      return;
    }

    if (!this.shouldHandle(req)) {
      refuse(socket, 400);
      return;
    }

    const { extensions, protocols, refusal } = readOffers(req, this.options);
    if (refusal) {
      reportOrRefuse(this, req, socket, refusal);
      return;
    }

    const key = req.headers['sec-websocket-key'];

    verify(this.options, req, socket, () => {
      this.completeUpgrade(
        extensions,
        key,
        protocols,
        req,
        socket,
        head,
        callback,
      );
    });
  }

  /**
   * Accepts a request that has passed every check.
   *
   * @param {Record<string, import('./permessage-deflate')>} extensions accepted
   *     extensions
   * @param {string} key the value of the `Sec-WebSocket-Key` header
   * @param {Set<string>} protocols the subprotocols that the client offers
   * @param {IncomingMessage} req the request
   * @param {import('stream').Duplex} socket its socket
   * @param {Buffer} head what the client has sent after the request
   * @param {(ws: any, req: IncomingMessage) => void} callback called with the
   *     new WebSocket
   * @throws {Error} if the socket belongs to a WebSocket already
   * @private
   */
  completeUpgrade(extensions, key, protocols, req, socket, head, callback) {
    // The client has hung up in the meantime.
    if (!socket.readable || !socket.writable) {
      socket.destroy();
      return;
    }

    if (socket[kWebSocket]) throw errors.socketAlreadyUpgraded();

    if (this._state > RUNNING) {
      refuse(socket, 503);
      return;
    }

    const lines = acceptanceHead(key);
    const ws = new this.options.WebSocket(null, undefined, this.options);

    negotiate(this, ws, protocols, extensions, req, lines);

    // A listener has called this for the same socket.
    if (socket[kWebSocket]) throw errors.socketAlreadyUpgraded();

    const response = headOf(lines);
    // A method of a subclass may do anything before it calls ours, and with the
    // options.
    const isOurs = ws.setSocket === setSocket;

    if (!isOurs) socket.write(response);
    socket.removeListener('error', destroyOnError);

    ws.setSocket(socket, head, connectionOptions(this, isOurs && response));
    if (this.clients) track(this, ws);

    callback(ws, req);
  }
}

const { completeUpgrade, handleUpgrade, shouldHandle } = /** @type {any} */ (
  WebSocketServer.prototype
);
const { emit, listenerCount } = EventEmitter.prototype;
const { setSocket } = /** @type {any} */ (WebSocket.prototype);

module.exports = WebSocketServer;

/**
 * @param {any} options the options of a server
 * @throws {TypeError} unless they give exactly one mode
 */
function checkMode({ noServer, port, server }) {
  const modes = [port != null, server, noServer].filter(Boolean);

  if (modes.length !== 1) throw errors.ambiguousServerMode();
}

/**
 * @param {any} wss
 * @returns {boolean} whether it does with a request what this file does, and
 *     needs no socket for that
 */
function isPlain(wss) {
  const { options } = wss;

  return (
    wss._state === RUNNING &&
    wss.handleUpgrade === handleUpgrade &&
    wss.completeUpgrade === completeUpgrade &&
    wss.shouldHandle === shouldHandle &&
    wss.emit === emit &&
    // What others have written may throw, or want something of the socket, before
    // the connection is open.
    options.WebSocket === WebSocket &&
    /** @type {any} */ (WebSocket.prototype).setSocket === setSocket &&
    !options.verifyClient &&
    !options.handleProtocols &&
    wss.listenerCount === listenerCount &&
    wss.listenerCount('headers') === 0
  );
}

/**
 * Does what `handleUpgrade()` does, for a request that the engine has read and
 * found in order.
 *
 * @param {any} wss
 * @param {import('./native-link')} link the connection that it came on
 * @param {IncomingMessage} req
 * @param {number} offered what the client offers, see `NativeListener.Offer`
 * @returns {boolean} false if nothing was done, and Node has to do it
 */
function upgrade(wss, link, req, offered) {
  const { options } = wss;
  const isOffer =
    offered & NativeListener.Offer.PROTOCOLS ||
    (offered & NativeListener.Offer.EXTENSIONS && options.perMessageDeflate);
  const { extensions, protocols, refusal } = isOffer
    ? readOffers(req, options)
    : NO_OFFERS;

  if (refusal || !wss.shouldHandle(req)) return false;

  link.listener.decided(link);

  const ws = new options.WebSocket(null, undefined, options);
  const lines = isOffer
    ? acceptanceHead(req.headers['sec-websocket-key'])
    : null;

  if (lines) negotiate(wss, ws, protocols, extensions, req, lines);

  const response = lines ? headOf(lines) : '';

  ws.setSocket(link, EMPTY_BUFFER, connectionOptions(wss, response));
  if (wss.clients) track(wss, ws);

  wss.emit('connection', ws, req);
  return true;
}

/** Nobody changes these. */
const NO_OFFERS = { extensions: {}, protocols: new Set(), refusal: null };

/**
 * Keeps a WebSocket in `clients` as long as it is open.
 *
 * @param {WebSocketServer} wss the server
 * @param {any} ws the WebSocket
 */
function track(wss, ws) {
  wss.clients.add(ws);
  ws.on('close', () => {
    wss.clients.delete(ws);

    if (wss._shouldEmitClose && wss.clients.size === 0) {
      process.nextTick(emitClose, wss);
    }
  });
}

/**
 * @param {WebSocketServer} wss the server, which has closed
 */
function emitClose(wss) {
  wss._state = CLOSED;
  wss.emit('close');
}
