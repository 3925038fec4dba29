'use strict';

const native = require('./native');

/** Connections that share a page of counters, and the bits of an id for them. */
const PER_PAGE = 1024;
const PLACES = 2 ** 22;

/** Places in a page for each connection: see `counters()` in open.rs. */
const COUNTERS = 4;
const ACCEPTED = 0;
const WRITTEN = 1;
const BLOCKED = 2;
const CORRECTION = 3;

/** The engine does not hold back more than this: see `MAX_CORK` in links.rs. */
const MAX_CORK = 64 * 1024;

/** @type {Float64Array[]} */
const pages = [];

/**
 * What the engine counts of a connection, in memory that it shares with
 * JavaScript: reading it is no call.
 */
class ConnectionCounters {
  /**
   * @param {number} id of a connection that has a socket
   */
  constructor(id) {
    const place = id % PLACES;
    const page = Math.floor(place / PER_PAGE);

    pages[page] ??= new Float64Array(native.counters(page));
    this._page = pages[page];
    this._start = COUNTERS * (place % PER_PAGE);
  }

  /** Bytes that were accepted. */
  get accepted() {
    return this._page[this._start + ACCEPTED];
  }

  /** The same, but as many as they are, or will be, on the wire. */
  get onTheWire() {
    return this.accepted + this._page[this._start + CORRECTION];
  }

  /** Bytes that were written. */
  get written() {
    return this._page[this._start + WRITTEN];
  }

  /** Whether the system takes no more. */
  get isBlocked() {
    return this._page[this._start + BLOCKED] === 1;
  }

  /**
   * Bytes that the system does not take. What only waits for the end of the
   * turn is not among them: a program that sends when nothing is buffered may
   * send many frames in one turn.
   */
  get buffered() {
    const waiting = this.accepted - this.written;

    return waiting > MAX_CORK || this.isBlocked ? waiting : 0;
  }
}

module.exports = ConnectionCounters;
