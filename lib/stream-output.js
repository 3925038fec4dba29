'use strict';

const net = require('net');

const { separateParts, writeParts } = require('./frame-parts');
const native = require('./native');

// Taken once: a test that replaces the timers of the process for a while must
// not leave a flush unscheduled for good.
const { nextTick } = process;

/** More than this is not held back until the end of the turn. */
const MAX_CORK = 64 * 1024;

const EMPTY_LIST = [Buffer.alloc(0)];

/** Counts the turns in which something was written to a stream. */
let turn = 0;
/** Whether the end of this turn has been arranged for. */
let turnEnds = false;
let isExiting = false;
let hasExitListener = false;

/** @type {Set<StreamOutput>} those that have corked their streams in this turn */
const corked = new Set();

/**
 * Writes frames to a stream.
 *
 * The frames that one of Node's sockets gets in a turn leave together. The first
 * is not held up: most turns have no second. Other streams, which may look at
 * each chunk, get each frame at once, header and payload apart.
 */
class StreamOutput {
  /**
   * @param {import('./connection')} connection makes the frames
   * @param {import('stream').Duplex} socket the stream
   */
  constructor(connection, socket) {
    this._connection = connection;
    this._socket = socket;
    this._isNodeSocket = socket instanceof net.Socket;
    this.isCorked = false;
    /** The last turn in which a frame was written. */
    this._turn = -1;
    /** Whether the stream had nothing to write when it was corked. */
    this._wasIdle = false;
    if (this._isNodeSocket) endTurnAtExit();
  }

  /**
   * Bytes that the stream has not written, but for those that only wait for the
   * end of the turn: a program that sends when nothing is buffered may send
   * many frames in one turn.
   */
  get bufferedBytes() {
    return this.isCorked && this._wasIdle ? 0 : this._socket.writableLength;
  }

  /**
   * Writes a message, or a fragment of one.
   *
   * @param {any} payload a string or bytes
   * @param {number} flags see `frame-flags`
   * @param {number} key the masking key, if the flags say so
   * @param {((error?: Error) => void) | undefined} callback
   */
  message(payload, flags, key, callback) {
    this.frame(this.encodeMessage(payload, flags, key), callback);
  }

  /**
   * Writes a control frame.
   *
   * @param {any} payload a string or bytes
   * @param {number} flags see `frame-flags`
   * @param {number} key the masking key, if the flags say so
   * @param {((error?: Error) => void) | undefined} callback
   */
  control(payload, flags, key, callback) {
    this.frame(this.encodeControl(payload, flags, key), callback);
  }

  /**
   * @param {any} payload a string or bytes
   * @param {number} flags see `frame-flags`
   * @param {number} key the masking key, if the flags say so
   * @returns {(Buffer | string)[]} the frame of a message
   */
  encodeMessage(payload, flags, key) {
    const frame = native.encode(this._connection.id, payload, flags, key);

    if (frame === undefined) return EMPTY_LIST;
    return this._isNodeSocket ? [frame] : separateParts(frame, payload, flags);
  }

  /**
   * @param {any} payload a string or bytes
   * @param {number} flags see `frame-flags`
   * @param {number} key the masking key, if the flags say so
   * @returns {(Buffer | string)[]} a control frame
   */
  encodeControl(payload, flags, key) {
    const frame = native.encodeControl(payload, flags, key);

    return this._isNodeSocket ? [frame] : separateParts(frame, payload, flags);
  }

  /**
   * Writes a frame.
   *
   * @param {(Buffer | string)[]} list its parts
   * @param {((error?: Error) => void) | undefined} callback
   */
  frame(list, callback) {
    const socket = this._socket;

    if (!this._isNodeSocket && list.length > 1) {
      socket.cork();
      writeParts(socket, list, callback);
      socket.uncork();
      return;
    }

    if (this._isNodeSocket) this._begin();

    // Node calls the callbacks of frames that leave together in one loop, which
    // an exception of one would end.
    const late =
      this.isCorked && typeof callback === 'function'
        ? (error) => nextTick(callback, error)
        : callback;

    writeParts(socket, list, late);
  }

  /** Lets go what was written in this turn. */
  flush() {
    if (!this.isCorked) return;

    corked.delete(this);
    this.isCorked = false;
    this._unguard();
    this._socket.uncork();
  }

  /**
   * To be called before a frame is written to a socket of Node's.
   *
   * @private
   */
  _begin() {
    if (this.isCorked && this._socket.writableLength > MAX_CORK) this.flush();

    // In an `exit` listener there is no next tick.
    if (this.isCorked || isExiting || this._socket.destroyed) return;

    if (!turnEnds) {
      turnEnds = true;
      nextTick(endTurn);
    }

    if (this._turn !== turn) {
      this._turn = turn;
      return;
    }

    corked.add(this);
    this.isCorked = true;
    this._wasIdle = this._socket.writableLength === 0;
    this._socket.cork();
    this._guard();
  }

  /**
   * What was sent before the program destroys the socket is not lost.
   *
   * @private
   */
  _guard() {
    const socket = this._socket;

    this._ownDestroy = Object.getOwnPropertyDescriptor(socket, 'destroy');
    Object.defineProperty(socket, 'destroy', {
      configurable: true,
      enumerable: false,
      writable: true,
      value: (/** @type {any} */ error) => {
        this.flush();
        return socket.destroy(error);
      },
    });
  }

  /** @private */
  _unguard() {
    if (this._ownDestroy) {
      Object.defineProperty(this._socket, 'destroy', this._ownDestroy);
    } else {
      delete (/** @type {any} */ (this._socket).destroy);
    }
  }
}

module.exports = StreamOutput;

function endTurn() {
  turn++;
  turnEnds = false;
  for (const output of corked) output.flush();
}

/** What has been sent leaves before the process does. */
function endTurnAtExit() {
  if (hasExitListener) return;

  hasExitListener = true;
  process.on('exit', () => {
    isExiting = true;
    endTurn();
  });
}
