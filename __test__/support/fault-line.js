'use strict';

const { StreamWatcher } = require('./stream-watcher');

/** A line does not read on while it holds more than this: its sender feels that. */
const HIGH_WATER = 256 * 1024;
/** So many pieces are cut; what comes behind them passes as it comes. */
const MOST_PIECES = 300;

/**
 * @typedef {object} LinePlan
 * @property {() => number} [pieceSize] how long the next piece is; without it they are what is there
 * @property {() => number} [delay] milliseconds before the next piece; 0 is a turn of the event loop, and without it
 *     there is none
 * @property {number} [hold] nothing is passed on until so much has come, or the sender waits
 * @property {Place} [stallAt] where nothing is passed on, nor read, for a while
 * @property {number} [stallFor] milliseconds
 * @property {Place} [faultAt]
 * @property {'half-close' | 'reset' | 'vanish'} [fault] what happens there
 *
 * @typedef {number | 'before the close frame' | 'behind the close frame' | 'within a frame' | 'between fragments'} Place
 *     a number of bytes, or the first such place there is
 */

/** One direction of a proxied connection. */
class FaultLine {
  /**
   * @param {net.Socket} source
   * @param {net.Socket} sink
   * @param {LinePlan} plan
   * @param {(kind: string, line: FaultLine) => void} strike lets a fault happen
   */
  constructor(source, sink, plan, strike) {
    /** Whether something was done that may cut the connection off. */
    this.hasCut = false;
    /** Whether the sender itself has reset the connection. */
    this.hasReset = false;
    /** Whether the receiver has been sent all there was, and then the end. */
    this.hasEnded = false;
    this._sink = sink;
    this._source = source;
    this._plan = { ...plan };
    this._strike = strike;
    this._watcher = new StreamWatcher();
    this._waiting = [];
    this._held = 0;
    this._passed = 0;
    this._pieces = 0;
    this._ended = false;
    this._stalled = false;
    this._busy = false;
    this._timer = null;

    source.on('data', (chunk) => this._receive(chunk));
    source.on('end', () => this._receiveEnd());
    source.on('close', () => this._receiveEnd());
  }

  /** How many whole messages have been passed on. */
  get messages() {
    return this._watcher.messagesWithin(this._passed);
  }

  /** The receiver gets an end here, and nothing of what comes behind it. */
  cutOff() {
    this._waiting = [];
    this._held = 0;
    this._endSink();
  }

  /** Nothing is done any more. */
  stop() {
    clearTimeout(this._timer);
    this.hasEnded = true;
  }

  _receive(chunk) {
    if (this.hasEnded) return;
    this._watcher.push(chunk);
    this._waiting.push(chunk);
    this._held += chunk.length;
    if (this._held > HIGH_WATER || this._stalled) this._source.pause();
    this._pass();
  }

  _receiveEnd() {
    this._ended = true;
    this._pass();
  }

  /** Passes pieces on, one at a time, until there is nothing to do. */
  async _pass() {
    if (this._busy) return;
    this._busy = true;
    while (!this.hasEnded && !this._stalled) {
      if (this._isDue(this._plan.stallAt)) {
        this._stall();
      } else if (this._isDue(this._plan.faultAt)) {
        this._plan.faultAt = undefined;
        this._strike(this._plan.fault, this);
      } else if (this._held === 0) {
        if (this._ended) this._endSink();
        break;
      } else if (this._plan.hold > 0 && !this._ended) {
        await this._collect();
      } else {
        await this._passPiece();
      }
    }
    this._busy = false;
  }

  /** Merges: waits until there is enough, or nothing more comes for two turns. */
  async _collect() {
    const before = this._held;
    if (before < this._plan.hold) {
      await turn();
      await turn();
      if (this._held > before) return;
    }
    await this._passPiece();
  }

  async _passPiece() {
    const piece = this._take(this._nextSize());
    this._passed += piece.length;
    if (this._held < HIGH_WATER) this._source.resume();
    if (!this._sink.writable) {
      this._sink.destroy();
      return;
    }
    const taken = this._sink.write(piece);
    if (!taken) await drained(this._sink);

    const { delay } = this._plan;
    if (delay && this._pieces < MOST_PIECES) await after(delay());
    this._pieces++;
  }

  /** A piece ends where something is to happen, at the latest. */
  _nextSize() {
    const { pieceSize, stallAt, faultAt } = this._plan;
    const cut =
      pieceSize && this._pieces < MOST_PIECES ? pieceSize() : Infinity;
    const places = [stallAt, faultAt]
      .map((place) => this._offsetOf(place) - this._passed)
      .filter((distance) => distance > 0);
    return Math.min(this._held, cut, ...places);
  }

  _take(size) {
    const [first, ...others] = this._waiting;
    const all = others.length > 0 ? Buffer.concat(this._waiting) : first;
    this._waiting = size < all.length ? [all.subarray(size)] : [];
    this._held -= size;
    return all.subarray(0, size);
  }

  _isDue(place) {
    return place !== undefined && this._offsetOf(place) <= this._passed;
  }

  _offsetOf(place) {
    if (place === undefined) return Infinity;
    return typeof place === 'number' ? place : this._watcher.offsetOf(place);
  }

  _stall() {
    this._stalled = true;
    this._plan.stallAt = undefined;
    this._source.pause();
    this._timer = setTimeout(() => {
      this._stalled = false;
      this._source.resume();
      this._pass();
    }, this._plan.stallFor);
  }

  _endSink() {
    this.stop();
    // What is still sent has nowhere to go, but whoever sends it is not to feel that.
    this._source.resume();
    if (this._source.errored) {
      this.hasReset = true;
      reset(this._sink);
    } else {
      this._sink.end();
    }
  }
}

/**
 * Resets a connection. One that is being shut down is only destroyed: Node would get `EINVAL`, never close the handle, and
 * wait for it for ever at the end of the process.
 *
 * @param {import('net').Socket} socket
 */
function reset(socket) {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}

module.exports = { FaultLine, reset };

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

function after(milliseconds) {
  if (milliseconds === 0) return turn();
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function drained(socket) {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}
