'use strict';

const { currentBatch, currentTurn } = require('./delivery');

/** Milliseconds that a pong may take once the engine has it. */
const PATIENCE = 250;

/** Pongs that are kept before anybody asks whether they have been written. */
const LEAST_KEPT = 64;

/**
 * The automatic pongs of a connection that the engine has not written yet.
 *
 * The engine may read faster than JavaScript takes what was read, and write
 * only after. A peer that sends pings and reads their pongs is not to be taken
 * for one that does not read: what counts is what was queued while handling the
 * present read, and what has not left although there was time for it.
 */
class PendingPongs {
  /**
   * @param {import('./connection')} connection
   */
  constructor(connection) {
    this._connection = connection;
    /** @type {Pong[]} in the order of the pings */
    this._queued = [];
    /** With so many, it is time to see which have been written. */
    this._enough = LEAST_KEPT;
  }

  /** A pong has been queued. */
  add() {
    if (this._queued.length >= this._enough) {
      this._forgetWritten();
      this._enough = Math.max(LEAST_KEPT, 2 * this._queued.length);
    }

    this._queued.push({
      batch: currentBatch(),
      turn: currentTurn(),
      end: this._connection.acceptedBytes,
      since: 0,
    });
  }

  /**
   * @param {number} most how many may wait
   * @returns {boolean} whether that many count against the peer
   */
  areTooMany(most) {
    this._forgetWritten();

    const queued = this._queued;
    const { length } = queued;
    const batch = currentBatch();
    let present = 0;

    while (
      present < Math.min(most, length) &&
      queued[length - 1 - present].batch === batch
    ) {
      present++;
    }

    return present + this._countLate(most - present) >= most;
  }

  /** @private */
  _forgetWritten() {
    const { writtenBytes } = this._connection;
    // Those before the last that is written are, too, though their ends may say
    // otherwise: an I/O thread counts what it compresses by its length before.
    const last = this._queued.findLastIndex(({ end }) => end <= writtenBytes);

    this._queued.splice(0, last + 1);
  }

  /**
   * @param {number} most how far to count
   * @returns {number} how many of the oldest have waited too long
   * @private
   */
  _countLate(most) {
    const turn = currentTurn();
    const now = performance.now();
    let late = 0;

    for (const pong of this._queued.slice(0, most)) {
      // What was queued in this turn has not been handed over.
      if (pong.turn === turn) break;

      pong.since ||= now;
      if (now - pong.since >= PATIENCE) late++;
    }

    return late;
  }
}

module.exports = PendingPongs;

/**
 * @typedef {object} Pong
 * @property {number} batch the batch of events that had the ping
 * @property {number} turn the turn of the event loop that had it
 * @property {number} end where the pong ends in the stream of what is sent
 * @property {number} since when it was first found unwritten in a later turn
 */
