'use strict';

const Connection = require('./connection');
const { kSocket, kWebSocket } = require('./constants');
const { Kind } = require('./delivery');
const errors = require('./errors');
const native = require('./native');
const { makeSocket } = require('./native-socket');

// Taken once: a test that replaces the timers of the process for a while must
// not leave a flush unscheduled for good.
const { nextTick } = process;

/** Bits of what the engine answers when it opens a connection. */
const ADMITTED = 1;
const SCHEDULE_FLUSH = 2;

/**
 * What a WebSocket has in place of a socket when the engine has had the
 * connection from its beginning and nobody has asked for the `net.Socket`. Few
 * programs do, and such a socket costs more than the rest of a connection.
 *
 * To the WebSocket it is what a socket would be, with the same events in the
 * same ticks. `toSocket()` makes the real one, in the state of this; from then
 * on everything is left to that.
 */
class NativeLink {
  /**
   * @param {any} server the server that the connection counts for
   * @param {import('./connection').Events} events what the connection does
   */
  constructor(server, events) {
    this.connection = new Connection(null, events, {});
    this.connection.handle = this;
    this.server = server;
    /** The id of the connection to be, while the request is awaited. */
    this.id = -1;
    /** Whether it is known who serves the connection. */
    this.isDecided = false;
    /** @type {any} who awaits the request */
    this.listener = null;
    /** @type {any} Node's handle, until the connection is opened */
    this.nodeHandle = null;
    /** @type {any} the real socket, if somebody has asked for it */
    this.socket = null;
    /** @type {any} who writes frames, and is to know the real socket */
    this.output = null;
    /** Bytes that a program was last told are waiting for a thread. */
    this.seenWaiting = 0;
    this[kWebSocket] = undefined;

    /** Whether the peer's FIN came, and whether that has been told. */
    this.inputEnded = false;
    this.readableEnded = false;
    /** Whether `end()` was called, and whether what it asks for is done. */
    this.ending = false;
    this.writableFinished = false;
    /** Whether the engine has been asked for the FIN, and has sent it. */
    this._asksForEnd = false;
    this.endIsSent = false;
    /** Whether the peer's FIN waits for ours, see `NativeHandle`. */
    this._holdsEnd = false;
    this.destroyed = false;
    /** Whether the descriptor is closed. */
    this.closed = false;
    /** @type {Error | null} what ended it, and whether that has been told */
    this.errored = null;
    this.errorIsTold = false;
    /** How much was moved, when it was destroyed. */
    this.bytesRead = 0;
    this.bytesWritten = 0;

    this._onClose = null;
    this._onEnd = null;
    this._onError = null;
  }

  /** Asked by who writes frames; the state that a socket would have there. */
  get _writableState() {
    return this;
  }

  /** A real socket can be corked, and hold bytes; this cannot. */
  get corked() {
    return 0;
  }

  get length() {
    return 0;
  }

  get writableCorked() {
    return 0;
  }

  get readableLength() {
    return 0;
  }

  get writableEnded() {
    return this.ending;
  }

  get readable() {
    return !this.destroyed && !this.readableEnded;
  }

  get writable() {
    return !this.destroyed && !this.ending;
  }

  /**
   * Opens the connection: the request is answered.
   *
   * @param {any} options see `describeConnection()`
   * @param {string} response what to write first; empty for what a client gets
   *     that is given neither a subprotocol nor an extension
   */
  admit(options, response) {
    const answer = this.connection.openAdmitted(options, this.id, response);

    if (answer & SCHEDULE_FLUSH) nextTick(native.flush);
    if (!(answer & ADMITTED)) nextTick(lose, this);
    this.server._connections++;
    this.nodeHandle.close();
    this.nodeHandle = null;
    this.listener = null;
  }

  /**
   * @returns {any} the `net.Socket` of the connection
   */
  toSocket() {
    if (this.socket === null) {
      this.socket = makeSocket(this);
      this.output?.setSocket(this.socket);
      if (this.seenWaiting > 0) {
        this.connection.handle?.awaitDrain(this.seenWaiting);
      }

      const websocket = this[kWebSocket];

      if (websocket) {
        websocket[kSocket] = this.socket;
        if (websocket._sender) websocket._sender[kSocket] = this.socket;
      }
    }

    return this.socket;
  }

  /**
   * Listens to an event, of which there is one listener.
   *
   * @param {string} event `close`, `end` or `error`
   * @param {Function} listener
   */
  on(event, listener) {
    this._listen(event, listener, listener);
  }

  /**
   * @param {string} event
   * @param {Function} listener
   */
  removeListener(event, listener) {
    this._listen(event, listener, null);
  }

  /** Sends a FIN behind what was sent. */
  end() {
    if (this.socket !== null) this.socket.end();
    else if (!this.ending) {
      this.ending = true;
      if (this.endIsSent) nextTick(finish, this);
      else this.sendEnd();
    }
  }

  /**
   * Lets the FIN leave with what has just been sent. `end()` is still to come:
   * nothing is told before that.
   */
  sendEnd() {
    if (this.socket !== null || this.destroyed || this._asksForEnd) return;

    this._asksForEnd = true;
    if (native.shutdown(this.connection.id) === 1) nextTick(native.flush);
  }

  /**
   * Closes the connection, after what the system takes of what was sent.
   *
   * @param {Error} [error] why
   */
  destroy(error) {
    if (this.socket !== null) {
      this.socket.destroy(error);
      return;
    }

    const { connection } = this;

    if (!this.destroyed) connection.flush();
    // That may have failed.
    if (this.destroyed) return;

    this.destroyed = true;
    this.bytesRead = native.bytesRead(connection.id);
    this.bytesWritten = connection.wireBytes;
    connection.close();
    this._leaveServer();

    if (error) {
      this.errored = error;
      nextTick(tellError, this);
    }
  }

  pause() {
    if (this.socket !== null) this.socket.pause();
    else this.connection.pause();
  }

  resume() {
    if (this.socket !== null) this.socket.resume();
    else this.connection.resume();
  }

  /**
   * Nobody can listen for `drain` before there is a socket, which is asked for
   * it then.
   *
   * @param {number} waiting bytes that a program has been told are waiting
   */
  awaitDrain(waiting) {
    this.seenWaiting = waiting;
  }

  // What the engine does not take: a real socket says why.
  write(...args) {
    return this.toSocket().write(...args);
  }

  /**
   * News of the connection from the engine.
   *
   * @param {number} kind one of `Kind`
   * @param {number} detail what the kind says
   */
  handleNote(kind, detail) {
    switch (kind) {
      case Kind.END:
        this.inputEnded = true;
        this._holdsEnd = this._sendsEnd();
        if (!this._holdsEnd) nextTick(tellEnd, this);
        break;
      case Kind.READ_FAILED:
        this.destroy(errors.socketFailed(detail, 'read'));
        break;
      case Kind.WRITE_FAILED:
        this.destroy(errors.socketFailed(detail, 'write'));
        break;
      case Kind.SHUT_DOWN:
        this.endIsSent = true;
        if (this.ending) nextTick(finish, this);
        if (this._holdsEnd) nextTick(tellEnd, this);
        break;
      case Kind.CLOSED:
        this._finishClosing();
    }
  }

  /**
   * @returns {boolean} whether the FIN leaves now
   * @private
   */
  _sendsEnd() {
    return (
      this.ending && !this.endIsSent && this.connection.bufferedBytes === 0
    );
  }

  /** @private */
  _finishClosing() {
    this.closed = true;

    try {
      this.connection.callbacks.fail(this.errored);
    } finally {
      // Closed without having been asked: the connection could not be served.
      if (!this.destroyed) {
        this.destroyed = true;
        this._leaveServer();
      }

      this._onClose?.();
    }
  }

  /** @private */
  _leaveServer() {
    this.server._connections--;
    this.server._emitCloseIfDrained();
  }

  /**
   * @param {string} event
   * @param {Function} listener whom it concerns
   * @param {Function | null} change the listener from now on
   * @private
   */
  _listen(event, listener, change) {
    const isThere = (present) => change !== null || present === listener;

    if (this.socket !== null) {
      this.socket[change === null ? 'removeListener' : 'on'](event, listener);
    } else if (event === 'close') {
      if (isThere(this._onClose)) this._onClose = change;
    } else if (event === 'end') {
      if (isThere(this._onEnd)) this._onEnd = change;
    } else if (event === 'error') {
      if (isThere(this._onError)) this._onError = change;
    }
  }
}

module.exports = NativeLink;

/**
 * The engine has lost the connection instead of opening it.
 *
 * @param {NativeLink} link
 */
function lose({ connection }) {
  connection.handleEvent(Kind.VIOLATION, 1011, errors.internalError());
  // The error is told in the next tick.
  nextTick(() => nextTick(() => connection.handleNote(Kind.CLOSED, 0)));
}

/**
 * The end of the peer's bytes, in the tick after they ended.
 *
 * @param {NativeLink} link
 */
function tellEnd(link) {
  if (link.socket !== null || link.readableEnded || link.errored) return;

  link.readableEnded = true;
  link._onEnd?.();
  if (link.writableFinished) link.destroy();
}

/**
 * The FIN is sent, in the tick after that.
 *
 * @param {NativeLink} link
 */
function finish(link) {
  if (link.socket !== null) return;

  link.writableFinished = true;
  if (link.readableEnded) link.destroy();
}

/**
 * @param {NativeLink} link
 */
function tellError(link) {
  if (link.socket !== null) return;

  link.errorIsTold = true;
  link._onError?.(link.errored);
}
