'use strict';

const cluster = require('cluster');
const diagnostics = require('diagnostics_channel');
const EventEmitter = require('events');
const http = require('http');

const native = require('./native');
const NativeLink = require('./native-link');
const { flushAtExit } = require('./native-socket');
const settings = require('./settings');
const { isSupported, makeRequest } = require('./upgrade-request');
const { connectionEvents } = require('./websocket-events');

/**
 * How long, in milliseconds, a connection may be silent before Node gets it,
 * which has timeouts for that.
 */
const PATIENCE = 500;

/**
 * How many connections may be awaited at once: each of them takes a second
 * descriptor meanwhile. The one that has kept us waiting longest is Node's then.
 */
const MOST_WAITING = 128;

/** The least limit of Node for a head: half of it is the engine's. */
const LEAST_HEADER_SIZE = 16 * 1024;

/** Who listens to these wants to hear of what Node's server does. */
const CHANNELS = [
  'http.server.request.created',
  'http.server.request.start',
  'net.server.socket',
].map((name) => diagnostics.channel(name));

// Taken once: a test that replaces the timers of the process for a while must
// not keep a connection waiting.
const { setTimeout } = globalThis;

if (native.configureGreeting) native.configureGreeting(onRequest);

/**
 * Lets the engine do the opening handshakes on a port of a WebSocket server.
 *
 * Node's HTTP server listens and accepts. What it accepts comes here first, and
 * if the first bytes are a usual request for a WebSocket, Node's server does
 * not hear of it. Everything else it gets untouched: it has missed nothing.
 */
class NativeListener {
  /** What a client may offer, in bits. `src/bridge/greet.rs` has the same. */
  static Offer = Object.freeze({ EXTENSIONS: 1, PROTOCOLS: 2 });

  /**
   * @param {any} server the HTTP server, which nobody else knows
   * @param {() => boolean} isPlain whether the WebSocket server does nothing
   *     unusual at present
   * @param {(link: NativeLink, req: http.IncomingMessage, offers: number) => boolean} onUpgrade
   *     accepts a request, or leaves it to Node
   */
  constructor(server, isPlain, onUpgrade) {
    this._server = server;
    this._isPlain = isPlain;
    this._onUpgrade = onUpgrade;
    /** @type {any} Node's handle that listens */
    this._handle = null;
    /** What Node does with a connection. */
    this._onconnection = null;
    /** @type {Set<NativeLink>} those whose request has not come */
    this._waiting = new Set();
    this._timer = null;
    this._hasGivenUp = false;
  }

  /** Begins, if this is a server that can be helped. */
  start() {
    const handle = this._server._handle;

    if (this._hasGivenUp || !canServe(this._server, handle)) return;

    this._handle = handle;
    this._onconnection = handle.onconnection;
    handle.onconnection = (status, nodeHandle) => {
      this._accept(status, nodeHandle);
    };
    flushAtExit();
  }

  /** Leaves everything to Node, for good: its server is not ours alone. */
  giveUp() {
    if (this._hasGivenUp) return;

    this._hasGivenUp = true;
    this.release();
    if (this._handle) this._handle.onconnection = this._onconnection;
  }

  /** Leaves to Node what has not been decided. */
  release() {
    for (const link of this._waiting) this._leaveToNode(link);
  }

  /**
   * @param {number} status 0, or what went wrong
   * @param {any} nodeHandle that of the new connection
   * @private
   */
  _accept(status, nodeHandle) {
    if (status || !this._isUsable()) {
      this._onconnection.call(this._handle, status, nodeHandle);
      return;
    }

    const link = new NativeLink(this._server, connectionEvents);

    link.listener = this;
    link.nodeHandle = nodeHandle;

    const id = native.greet(link.connection, nodeHandle.fd);

    if (id < 0) this._leaveToNode(link);
    // Otherwise its request was there already.
    else if (!link.isDecided) this._wait(link, id);
  }

  /**
   * @param {NativeLink} link
   * @param {number} id of the connection to be
   * @private
   */
  _wait(link, id) {
    link.id = id;

    if (this._waiting.size >= MOST_WAITING) {
      const [longest] = this._waiting;

      this._leaveToNode(longest);
    }

    this._waiting.add(link);
    this._timer ??= setTimeout(() => {
      this._timer = null;
      this.release();
    }, PATIENCE).unref();
  }

  /**
   * A request has come, or something else.
   *
   * @param {NativeLink} link
   * @param {string | undefined} head the head of the request, if it is usual
   * @param {number} targetEnd where its target ends
   * @param {number} offers bits: what the client offers
   */
  handleRequest(link, head, targetEnd, offers) {
    const isOurs =
      head !== undefined &&
      this._isUsable() &&
      this._onUpgrade(link, makeRequest(link, head, targetEnd), offers);

    if (!isOurs) this._leaveToNode(link);
  }

  /**
   * @param {NativeLink} link the connection that is decided
   */
  decided(link) {
    link.isDecided = true;
    this._waiting.delete(link);
  }

  /**
   * @param {NativeLink} link
   * @private
   */
  _leaveToNode(link) {
    const { id, nodeHandle } = link;

    this.decided(link);
    link.nodeHandle = null;
    if (id >= 0) native.dismiss(id);
    this._onconnection.call(this._handle, 0, nodeHandle);
  }

  /**
   * @returns {boolean} whether the engine may serve the next connection
   * @private
   */
  _isUsable() {
    return (
      settings.takeover &&
      settings.nativeHandshake &&
      isUntouched(this._server) &&
      !CHANNELS.some((channel) => channel.hasSubscribers) &&
      this._isPlain()
    );
  }
}

module.exports = NativeListener;

/**
 * What the engine calls.
 *
 * @this {import('./connection')}
 * @param {number} id of the connection to be
 * @param {string | undefined} head
 * @param {number} targetEnd
 * @param {number} offers
 */
function onRequest(id, head, targetEnd, offers) {
  /** @type {any} */
  const link = this.handle;

  link.id = id;
  link.listener.handleRequest(link, head, targetEnd, offers);
}

/**
 * @param {any} server
 * @param {any} handle what listens for it
 * @returns {boolean} whether Node's server is one that the engine can stand
 *     before
 */
function canServe(server, handle) {
  return (
    native.canTakeOver() &&
    isSupported &&
    // Handles of a worker may be those of its primary.
    !cluster.isWorker &&
    http.maxHeaderSize >= LEAST_HEADER_SIZE &&
    handle?.constructor.name === 'TCP' &&
    typeof handle.onconnection === 'function' &&
    typeof server._connections === 'number' &&
    typeof server._emitCloseIfDrained === 'function'
  );
}

/**
 * @param {any} server
 * @returns {boolean} whether nobody but us listens to it, nor watches its events
 */
function isUntouched(server) {
  return (
    server.emit === EventEmitter.prototype.emit &&
    server.listenerCount('connection') === 1 &&
    server.listenerCount('request') === 1 &&
    server.listenerCount('upgrade') === 1
  );
}
