'use strict';

const { constants } = require('os');

const { Kind } = require('./delivery');
const errors = require('./errors');
const native = require('./native');

// Taken once: a test that replaces the timers of the process for a while must
// not leave a flush unscheduled for good.
const { nextTick } = process;

const NOT_CONNECTED = -constants.errno.ENOTCONN;

/**
 * Stands in for the handle of a socket that the engine has. Its methods are the
 * ones that `net.Socket` calls.
 */
class NativeHandle {
  /**
   * @param {import('./connection')} connection the native connection
   * @param {number} bytesRead what was read before the engine counted
   * @param {number} bytesWritten what was written before that
   */
  constructor(connection, bytesRead, bytesWritten) {
    this._connection = connection;
    /** @type {any} the socket whose handle this is */
    this._socket = null;
    this._closeCallback = null;
    this._shutdownCallback = null;
    /** Whether the FIN is sent. */
    this.endIsSent = false;
    /** Whether the peer's FIN waits for ours. */
    this._holdsEnd = false;
    /** Whether the descriptor is closed. */
    this._isClosed = false;
    this._readBefore = bytesRead;
    this._writtenBefore = bytesWritten;
    this._referenced = true;
    /** Whether an I/O thread has been asked to say that all is written. */
    this._awaitsDrain = false;
    /** Bytes sent or moved when somebody last asked whether there were any. */
    this._activity = 0;
    this.reading = true;
  }

  /**
   * @param {any} socket the socket whose handle this is
   */
  attach(socket) {
    this._socket = socket;
  }

  get fd() {
    return -1;
  }

  get bytesRead() {
    return this._readBefore + native.bytesRead(this._connection.id);
  }

  get bytesWritten() {
    return this._writtenBefore + this._connection.wireBytes;
  }

  /**
   * @returns {boolean} whether something was sent, or bytes have moved, since
   *     this was last asked: what a slow peer takes piece by piece counts, too
   */
  wasActive() {
    const before = this._activity;
    const { acceptedBytes, writtenBytes } = this._connection;

    this._activity = this.bytesRead + acceptedBytes + writtenBytes;
    return this._activity !== before;
  }

  /**
   * Has `drain` emitted when all is written that has been sent, if so much waits
   * that a writable stream would emit it. What is sent in a turn leaves at once
   * then, and not together, which a look at a few bytes should not cost.
   *
   * @param {number} waiting bytes that a program has been told are waiting
   */
  awaitDrain(waiting) {
    if (this._awaitsDrain) return;
    if (waiting < this._socket.writableHighWaterMark) return;

    this._awaitsDrain = native.awaitDrain(this._connection.id) === 1;
  }

  getpeername(out) {
    return this._nameInto(out, true);
  }

  getsockname(out) {
    return this._nameInto(out, false);
  }

  /**
   * @param {any} out where the address of one end is put
   * @param {boolean} isPeer which end
   * @returns {number} 0, or a negative number if there is none
   * @private
   */
  _nameInto(out, isPeer) {
    const name = native.nameOf(this._connection.id, isPeer);
    if (name === undefined) return NOT_CONNECTED;

    const space = name.lastIndexOf(' ');

    out.address = name.slice(0, space);
    out.family = out.address.includes(':') ? 'IPv6' : 'IPv4';
    out.port = Number(name.slice(space + 1));
    return 0;
  }

  getAsyncId() {
    return -1;
  }

  // The connection reads by itself: see `pause()` and `resume()` below.
  readStart() {
    return 0;
  }

  readStop() {
    return 0;
  }

  setNoDelay(enable) {
    native.setNoDelay(this._connection.id, Boolean(enable));
    return 0;
  }

  setKeepAlive(enable, delay) {
    native.setKeepAlive(this._connection.id, Boolean(enable), delay >>> 0);
    return 0;
  }

  ref() {
    this._referenced = true;
    native.setReferenced(this._connection.id, true);
  }

  unref() {
    this._referenced = false;
    native.setReferenced(this._connection.id, false);
  }

  hasRef() {
    return this._referenced;
  }

  /**
   * Sends a FIN after what is queued.
   *
   * @param {() => void} callback called when it is sent
   */
  shutdown(callback) {
    this._shutdownCallback = callback;

    if (this.endIsSent) {
      nextTick(() => this.handleNote(Kind.SHUT_DOWN, 0));
    } else if (native.shutdown(this._connection.id) === 1) {
      nextTick(native.flush);
    }
  }

  /**
   * Closes the socket, after what it takes of the queue.
   *
   * @param {() => void} [callback] called when it is closed
   */
  close(callback) {
    if (this._isClosed) {
      if (callback) nextTick(callback);
      return;
    }

    this._closeCallback = callback;
    this._connection.close();
  }

  reset(callback) {
    this.close(callback);
    return 0;
  }

  /**
   * News of the socket from the engine.
   *
   * @param {number} kind one of `Kind`
   * @param {number} detail what the kind says
   */
  handleNote(kind, detail) {
    const socket = this._socket;

    switch (kind) {
      case Kind.END:
        if (this._sendsEnd()) this._holdsEnd = true;
        else this._endInput();
        break;
      case Kind.READ_FAILED:
        socket.destroy(errors.socketFailed(detail, 'read'));
        break;
      case Kind.WRITE_FAILED:
        socket.destroy(errors.socketFailed(detail, 'write'));
        break;
      case Kind.DRAINED:
        this._awaitsDrain = false;
        socket.emit('drain');
        break;
      case Kind.SHUT_DOWN: {
        const callback = this._shutdownCallback;

        this.endIsSent = true;
        this._shutdownCallback = null;
        callback?.();
        if (this._holdsEnd) this._endInput();
        break;
      }
      case Kind.CLOSED:
        this._finish();
    }
  }

  /**
   * What was read, for a program that listens to the socket's own `data`.
   *
   * @param {Buffer} bytes
   */
  handleBytes(bytes) {
    const socket = this._socket;

    if (socket.listenerCount('data') === 0) this._connection.tap(false);
    else if (!socket.destroyed && socket.readableFlowing) socket.push(bytes);
    // To one that is destroyed while it is paused nothing is given any more.
    else if (!socket.destroyed || socket.readableFlowing) {
      socket.emit('data', bytes);
    }
  }

  /**
   * Whether the FIN leaves now. With Node `finish` comes before `end` then; an I/O
   * thread may have read the peer's FIN before it hears of ours.
   *
   * @returns {boolean}
   * @private
   */
  _sendsEnd() {
    return (
      this._shutdownCallback !== null && this._connection.bufferedBytes === 0
    );
  }

  /**
   * As Node does at the end of a stream: the `end` event follows when the stream
   * is not paused.
   *
   * @private
   */
  _endInput() {
    this._holdsEnd = false;
    this._socket.push(null);
    this._socket.read(0);
  }

  /**
   * The descriptor is closed.
   *
   * @private
   */
  _finish() {
    const { _closeCallback: callback, _connection: connection } = this;

    this._isClosed = true;

    try {
      connection.callbacks.fail(this._socket.errored);
    } finally {
      this._closeCallback = null;
      // Closed without having been asked: the socket could not be served.
      if (callback) callback();
      else this._socket.destroy();
    }
  }
}

module.exports = NativeHandle;
