'use strict';

const { currentBatch, currentTurn } = require('./delivery');

/** Turns after which a pong should have been written. */
const PATIENCE = 2;

/**
 * The automatic pongs of a connection that are not written yet.
 *
 * The engine may read faster than JavaScript takes what was read, and write
 * only after. A peer that sends pings and reads their pongs is not to be taken
 * for one that does not read: what counts is what was queued while handling the
 * present read, and what has not left although there was time for it.
 */
class PendingPongs {
  constructor() {
    /** @type {{ batch: number, turn: number }[]} in the order of the pings */
    this._queued = [];
  }

  /** A pong is sent. */
  add() {
    this._queued.push({ batch: currentBatch(), turn: currentTurn() });
  }

  /** The oldest pong is written, or never will be. */
  remove() {
    this._queued.shift();
  }

  /**
   * @param {number} most how many may wait
   * @returns {boolean} whether that many count against the peer
   */
  areTooMany(most) {
    const queued = this._queued;
    const length = queued.length;
    const batch = currentBatch();
    const turn = currentTurn();
    let late = 0;
    let present = 0;

    // The late ones are at the front, those of the present read at the back.
    while (late < most && late < length && isLate(queued[late], turn)) late++;
    while (
      late + present < Math.min(most, length) &&
      queued[length - 1 - present].batch === batch
    ) {
      present++;
    }

    return late + present >= most;
  }
}

module.exports = PendingPongs;

/**
 * @param {{ turn: number }} pong
 * @param {number} turn the present turn
 * @returns {boolean} whether there was time to write the pong
 */
function isLate(pong, turn) {
  return turn - pong.turn >= PATIENCE;
}
