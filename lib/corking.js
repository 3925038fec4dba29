'use strict';

// Taken once: a test that replaces the timers of the process for a while must
// not leave a flush unscheduled for good.
const { nextTick } = process;

/** More than this is not held back until the end of the turn. */
const MAX_CORK = 64 * 1024;

/** Counts the turns in which something was written to a stream. */
let turn = 0;
/** Whether the end of this turn has been arranged for. */
let turnEnds = false;
let isExiting = false;
let hasExitListener = false;

/** @type {Set<Corking>} those that have corked their streams in this turn */
const corked = new Set();

/**
 * Lets the frames that are written to a stream in one turn leave together. The
 * first is not held up: most turns have no second.
 */
class Corking {
  /**
   * @param {import('stream').Duplex} socket the stream
   */
  constructor(socket) {
    this._socket = socket;
    this.isCorked = false;
    /** The last turn in which a frame was written. */
    this._turn = -1;
    /** Whether the stream had nothing to write when it was corked. */
    this._wasIdle = false;
    endTurnAtExit();
  }

  /**
   * Bytes that the stream has not written, but for those that only wait for the
   * end of the turn: a program that sends when nothing is buffered may send
   * many frames in one turn.
   */
  get bufferedBytes() {
    return this.isCorked && this._wasIdle ? 0 : this._socket.writableLength;
  }

  /** To be called before a frame is written. */
  begin() {
    if (this.isCorked && this._socket.writableLength > MAX_CORK) this.end();

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
  }

  /** Lets go what was written in this turn. */
  end() {
    if (!this.isCorked) return;

    corked.delete(this);
    this.isCorked = false;
    this._socket.uncork();
  }
}

module.exports = Corking;

function endTurn() {
  turn++;
  turnEnds = false;
  for (const corking of corked) corking.end();
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
