'use strict';

// The global is a getter.
const { Buffer } = require('buffer');
const net = require('net');

const atExit = require('./at-exit');
const { BROKEN, refuse } = require('./broken-frame');
const flushBeforeDestroy = require('./flush-before-destroy');
const { separateParts, writeParts } = require('./frame-parts');
const native = require('./native');
const OutboundShare = require('./outbound-share');
const encodePlain = require('./plain-frame');

// Taken once: a test that replaces the timers of the process for a while must
// not leave a flush unscheduled for good.
const { nextTick } = process;

/** More than this is not held back until the end of the turn. */
const MAX_CORK = 64 * 1024;

/** Nor are more parts of frames: systems take 1,024 in a call, and Wine fails. */
const MAX_CORKED_PARTS = 1000;

/** Bits of a frame's first byte. */
const RSV1 = 0x40;
const OPCODE = 0x0f;

const EMPTY_LIST = [Buffer.alloc(0)];

/** Counts the turns in which something was written to a stream. */
let turn = 0;
/** Whether the end of this turn has been arranged for. */
let turnEnds = false;
let isExiting = false;
let willEndTurnAtExit = false;

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
    /** Parts of frames written since it was corked. */
    this._parts = 0;
    /** Callbacks that are called a tick later than the stream does. */
    this._deferred = 0;
    /** @type {(() => void)[]} what waits for them */
    this._late = [];
    this._unguard = () => {};
    /** What the process counts; null if it counts nothing. */
    this._share = OutboundShare.of(this, socket);
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
    this._writeFrame(this.encodeMessage(payload, flags, key), callback);
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
    this._writeFrame(this.encodeControl(payload, flags, key), callback);
  }

  /**
   * @param {any} payload a string or bytes
   * @param {number} flags see `frame-flags`
   * @param {number} key the masking key, if the flags say so
   * @returns {(Buffer | string)[] | null} the frame of a message; null if it
   *     cannot be made
   */
  encodeMessage(payload, flags, key) {
    const { id } = this._connection;

    if (this._isNodeSocket) {
      const frame = encodePlain(id, payload, flags, key);

      if (frame !== null) return [frame];
    }

    const frame = native.encode(id, payload, flags, key);

    if (frame === undefined) return EMPTY_LIST;
    if (frame === BROKEN) return null;

    return this._isNodeSocket
      ? [frame]
      : separateParts(frame, payload, flags, this._mayBeDeflated(frame));
  }

  /**
   * @param {any} payload a string or bytes
   * @param {number} flags see `frame-flags`
   * @param {number} key the masking key, if the flags say so
   * @returns {(Buffer | string)[] | null} a control frame; null if it cannot be
   *     made
   */
  encodeControl(payload, flags, key) {
    const frame = native.encodeControl(payload, flags, key);

    if (frame === BROKEN) return null;

    return this._isNodeSocket
      ? [frame]
      : separateParts(frame, payload, flags, false);
  }

  /**
   * Writes a frame.
   *
   * @param {(Buffer | string)[]} list its parts
   * @param {((error?: Error) => void) | undefined} callback
   */
  frame(list, callback) {
    const socket = this._socket;

    if (this._share !== null) callback = this._hold(list, callback);

    if (!this._isNodeSocket && list.length > 1) {
      socket.cork();
      writeParts(socket, list, callback);
      socket.uncork();
      return;
    }

    if (this._isNodeSocket) this._begin(list.length);

    const isLate = this.isCorked || this._deferred > 0;

    writeParts(
      socket,
      list,
      isLate && typeof callback === 'function'
        ? this._defer(callback)
        : callback,
    );
  }

  /**
   * @param {(Buffer | string)[] | null} list the parts of a frame, if it could
   *     be made
   * @param {((error?: Error) => void) | undefined} callback
   * @private
   */
  _writeFrame(list, callback) {
    if (list === null) refuse(callback);
    else this.frame(list, callback);
  }

  /**
   * @param {() => void} action what to do in a later tick, but not before the
   *     callbacks of what has been written
   */
  afterCallbacks(action) {
    const isIdle = this.isCorked
      ? this._wasIdle
      : this._socket.writableLength === 0;

    // Those of frames that the stream does not take may have to wait long.
    if (this._deferred > 0 && isIdle) this._late.push(action);
    else nextTick(action);
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
   * Counts a frame for the process, until it is written.
   *
   * @param {(Buffer | string)[]} list its parts
   * @param {((error?: Error) => void) | undefined} callback
   * @returns {((error?: Error) => void) | undefined} to be called in its place
   * @private
   */
  _hold(list, callback) {
    if (this._socket.destroyed) return callback;

    let size = 0;

    for (const part of list) size += Buffer.byteLength(part);

    const share = /** @type {OutboundShare} */ (this._share);

    if (!share.hold(size)) nextTick(() => this._connection.overflowed());

    return (error) => {
      share.release(size);
      if (typeof callback === 'function') callback(error);
    };
  }

  /**
   * Node calls the callbacks of frames that leave together in one loop, which an
   * exception of one would end. And those behind must not overtake them.
   *
   * @param {(error?: Error) => void} callback
   * @returns {(error?: Error) => void}
   * @private
   */
  _defer(callback) {
    this._deferred++;

    return (error) => {
      nextTick(() => {
        this._deferred--;

        try {
          callback(error);
        } finally {
          if (this._deferred === 0) this._tellLate();
        }
      });
    };
  }

  /** @private */
  _tellLate() {
    for (const action of this._late) nextTick(action);
    this._late = [];
  }

  /**
   * Only the first fragment of a compressed message has the bit that says so;
   * the others may be what they look like, or not.
   *
   * @param {Buffer} frame
   * @returns {boolean} whether the payload may have been compressed
   * @private
   */
  _mayBeDeflated(frame) {
    if ((frame[0] & RSV1) !== 0) return true;

    const isContinuation = (frame[0] & OPCODE) === 0;

    return (
      isContinuation && Boolean(this._connection.settings.perMessageDeflate)
    );
  }

  /**
   * To be called before a frame is written to a socket of Node's.
   *
   * @param {number} parts how many the frame has
   * @private
   */
  _begin(parts) {
    if (this.isCorked && this._isFull(parts)) this.flush();

    this._parts += parts;

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
    this._parts = parts;
    this._wasIdle = this._socket.writableLength === 0;
    this._socket.cork();
    this._unguard = flushBeforeDestroy(this._socket, this);
  }

  /**
   * @param {number} parts of the next frame
   * @returns {boolean} whether what is held back should leave before it
   * @private
   */
  _isFull(parts) {
    return (
      this._parts + parts > MAX_CORKED_PARTS ||
      this._socket.writableLength > MAX_CORK
    );
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
  if (willEndTurnAtExit) return;

  willEndTurnAtExit = true;
  atExit(endLastTurn);
}

function endLastTurn() {
  isExiting = true;
  endTurn();
}
