'use strict';

const { BROKEN, refuse } = require('./broken-frame');
const { EMPTY_BUFFER } = require('./constants');
const { MARK, STRING } = require('./frame-flags');
const { writeParts } = require('./frame-parts');
const native = require('./native');

// Taken once: a test that replaces the timers of the process for a while must
// not leave a flush unscheduled for good.
const { nextTick } = process;

/** What the engine answers to a frame: bits, or that it is gone. */
const SCHEDULE_FLUSH = 1;
const TAKEN = 2;
const GONE = -1;

/**
 * Gives frames to the engine, which has the socket. What it does not take goes
 * to the stream that stands for the socket, which says why it cannot be written.
 */
class NativeOutput {
  /**
   * @param {import('./connection')} connection the connection
   * @param {any} socket the socket that was taken over, or the native link
   */
  constructor(connection, socket) {
    this._connection = connection;
    this._socket = socket;
    /** Asked for every frame: the getters of the socket cost more. */
    this._streamState = socket._writableState;
    /** A program that puts another in its place wants to see what is written. */
    this._write = socket.write;
  }

  /**
   * @param {any} socket the real socket, which somebody has asked for
   */
  setSocket(socket) {
    this._socket = socket;
    this._streamState = socket._writableState;
    this._write = socket.write;
  }

  /** Bytes that were sent and have not been taken by the system. */
  get bufferedBytes() {
    const { corked, length } = this._streamState;

    return this._connection.waitingBytes + (corked > 0 ? length : 0);
  }

  /**
   * Sends a message, or a fragment of one.
   *
   * @param {any} payload a string or bytes
   * @param {number} flags see `frame-flags`
   * @param {number} key the masking key, if the flags say so
   * @param {((error?: Error) => void) | undefined} callback
   */
  message(payload, flags, key, callback) {
    const { id } = this._connection;

    if (
      this._isServed() &&
      this._accept(
        native.send(id, payload, withMark(flags, callback), key),
        callback,
      )
    ) {
      return;
    }

    let list = this.encodeMessage(payload, flags, key);

    if (list === null) {
      refuse(callback);
      return;
    }

    if (list === undefined) {
      // An I/O thread compresses it, and is to have it in order.
      while (this._socket.writableCorked > 0) this._socket.uncork();

      if (this._isAlive()) {
        const marked = withMark(flags, callback);
        const answer = native.send(id, payload, marked, key);

        if (this._accept(answer, callback)) return;
      }

      list = [EMPTY_BUFFER];
    }

    this._writeToStream(list, callback);
  }

  /**
   * Sends a control frame.
   *
   * @param {any} payload a string or bytes
   * @param {number} flags see `frame-flags`
   * @param {number} key the masking key, if the flags say so
   * @param {((error?: Error) => void) | undefined} callback
   */
  control(payload, flags, key, callback) {
    const { id } = this._connection;

    if (
      this._isServed() &&
      this._accept(
        native.sendControl(id, payload, withMark(flags, callback), key),
        callback,
      )
    ) {
      return;
    }

    const list = this.encodeControl(payload, flags, key);

    if (list === null) refuse(callback);
    else this._writeToStream(list, callback);
  }

  /**
   * @param {any} payload a string or bytes
   * @param {number} flags see `frame-flags`
   * @param {number} key the masking key, if the flags say so
   * @returns {Buffer[] | null | undefined} the frame of a message; undefined if
   *     it can only be made where it is written, and null if it cannot be made
   */
  encodeMessage(payload, flags, key) {
    const frame = native.encode(this._connection.id, payload, flags, key);

    if (frame === BROKEN) return null;
    return frame && [frame];
  }

  /**
   * @param {any} payload a string or bytes
   * @param {number} flags see `frame-flags`
   * @param {number} key the masking key, if the flags say so
   * @returns {Buffer[] | null} a control frame; null if it cannot be made
   */
  encodeControl(payload, flags, key) {
    const frame = native.encodeControl(payload, flags, key);

    return frame === BROKEN ? null : [frame];
  }

  /**
   * Sends a frame that is made already.
   *
   * @param {(Buffer | string)[]} list its parts
   * @param {((error?: Error) => void) | undefined} callback
   */
  frame(list, callback) {
    if (!this._isServed()) {
      this._writeToStream(list, callback);
      return;
    }

    const { id } = this._connection;
    const last = list.length - 1;

    for (let i = 0; i < last; i++) {
      this._accept(native.write(id, list[i], flagsOf(list[i])), undefined);
    }

    const flags = withMark(flagsOf(list[last]), callback);

    if (!this._accept(native.write(id, list[last], flags), callback)) {
      this._writeToStream(list, callback);
    }
  }

  /**
   * @param {() => void} action what to do in a later tick, but not before the
   *     callbacks of what has been written
   */
  afterCallbacks(action) {
    // Those whose frames the system does not take may have to wait long.
    if (this._connection.bufferedBytes > 0) nextTick(action);
    else this._connection.callbacks.after(action);
  }

  /** Lets go what was sent in this turn. */
  flush() {
    this._connection.flush();
  }

  /**
   * @param {(Buffer | string)[]} list the parts of a frame
   * @param {((error?: Error) => void) | undefined} callback
   * @private
   */
  _writeToStream(list, callback) {
    const inOrder =
      typeof callback === 'function' && !this._isAlive()
        ? (error) => this.afterCallbacks(() => callback(error))
        : callback;

    writeParts(this._socket, list, inOrder);
  }

  /**
   * Whether frames go to the engine and not to the stream. What the program has
   * corked leaves with it.
   *
   * @returns {boolean}
   * @private
   */
  _isServed() {
    return (
      this._isAlive() &&
      this._streamState.corked === 0 &&
      this._socket.write === this._write
    );
  }

  /**
   * @returns {boolean}
   * @private
   */
  _isAlive() {
    const { destroyed, ending } = this._streamState;

    return !ending && !destroyed;
  }

  /**
   * @param {number} answer what the engine said to a frame
   * @param {((error?: Error) => void) | undefined} callback
   * @returns {boolean} whether it took the frame
   * @private
   */
  _accept(answer, callback) {
    if (answer < 0) {
      if (answer === GONE) return false;

      refuse(callback);
      return true;
    }

    if (answer & SCHEDULE_FLUSH) nextTick(native.flush);

    if (typeof callback === 'function') {
      if (answer & TAKEN) nextTick(callback, null);
      else this._connection.callbacks.add(callback);
    }

    return true;
  }
}

module.exports = NativeOutput;

/**
 * @param {number} flags
 * @param {any} callback
 * @returns {number} the flags, with a mark if somebody wants to be told
 */
function withMark(flags, callback) {
  return typeof callback === 'function' ? flags | MARK : flags;
}

/**
 * @param {Buffer | string} part of a frame
 * @returns {number} its flags
 */
function flagsOf(part) {
  return typeof part === 'string' ? STRING : 0;
}
