'use strict';

/**
 * Where events come in from the native engine: one call of `dispatch()` for a
 * batch of them. `src/bridge/delivery.rs` is the other side, and says what
 * holds between the two.
 *
 * @module delivery
 */

// The global is a getter.
const { Buffer } = require('buffer');
const { markAsUntransferable } = require('worker_threads');

const native = require('./native');

const FastBuffer = Buffer[Symbol.species];

/** What a record tells. `src/bridge/delivery.rs` has the same list. */
const Kind = Object.freeze({
  TEXT: 1,
  BINARY: 2,
  FRAGMENT: 3,
  FRAGMENTS_END: 4,
  PING: 5,
  PONG: 6,
  CLOSE: 7,
  VIOLATION: 8,
  END: 9,
  READ_FAILED: 10,
  WRITE_FAILED: 11,
  SENT: 12,
  DRAINED: 13,
  SHUT_DOWN: 14,
  CLOSED: 15,
  RAW: 16,
  OVERFLOWED: 17,
});

/** Sources of payloads; from 2 up, an index into the list of buffers. */
const IN_SLAB = 0;
const IN_CHUNK = 1;
const FIRST_BUFFER = 2;

/** Small messages share slabs of this size: more is not kept alive by one. */
const SLAB_SIZE = 16 * 1024;

const RECORDS = 1024;
const WORDS = 4;

/** Words before the first record; the fourth is not used. */
const CURSOR = 0;
const TURN = 1;
const BATCH = 2;

/**
 * Four words, and behind them records of four words. If another copy of this
 * module has been loaded with the same binary (the package under two names, or
 * loaded again by a test runner), it is that one's table.
 *
 * @type {Int32Array}
 */
const table = native.configureDelivery(
  process.versions.deno ? dispatchInDeno : dispatch,
  newSlab,
  new Int32Array(WORDS + RECORDS * WORDS),
);

module.exports = { Kind, currentBatch, currentTurn };

/**
 * @returns {number} which batch of events is being dispatched
 */
function currentBatch() {
  return table[BATCH];
}

/**
 * @returns {number} which turn of the event loop this is, as the engine counts
 */
function currentTurn() {
  return table[TURN];
}

/**
 * Hands a batch of events to their connection. If a listener throws, the engine
 * calls again for what is left behind the cursor.
 *
 * @this {import('./connection')}
 * @param {number} start the first word of the first record
 * @param {number} end the first word after the last record
 * @param {ArrayBuffer} slab where small payloads are
 * @param {ArrayBuffer} [chunk] where payloads are that were decoded in place
 * @param {any[]} [buffers] payloads with memory of their own
 */
function dispatch(start, end, slab, chunk, buffers) {
  if (start !== table[CURSOR] || start === WORDS) table[BATCH]++;

  // As with a slab: one message must not take the others' memory away.
  if (chunk !== undefined && this.sharesChunks && end - start > WORDS) {
    markAsUntransferable(chunk);
  }

  for (let at = start; at < end; at += WORDS) {
    table[CURSOR] = at + WORDS;

    const kind = table[at] & 0xff;
    const detail = table[at] >>> 8;

    if (kind > Kind.VIOLATION && kind !== Kind.RAW) {
      this.handleNote(kind, detail);
      continue;
    }

    const source = table[at + 1];
    const payload =
      source === IN_SLAB
        ? new FastBuffer(slab, table[at + 2], table[at + 3])
        : source === IN_CHUNK
          ? new FastBuffer(chunk, table[at + 2], table[at + 3])
          : buffers[source - FIRST_BUFFER];

    this.handleEvent(kind, detail, payload);
  }
}

/**
 * The same in Deno, which ends the process over an exception that the engine
 * reports, as it should, but does not say which one it was. So it is thrown
 * again, from below the engine.
 *
 * @this {import('./connection')}
 * @param {number} start as in `dispatch()`
 * @param {number} end
 * @param {ArrayBuffer} slab
 * @param {ArrayBuffer} [chunk]
 * @param {any[]} [buffers]
 */
function dispatchInDeno(start, end, slab, chunk, buffers) {
  try {
    dispatch.call(this, start, end, slab, chunk, buffers);
  } catch (error) {
    if (process.listenerCount('uncaughtException') > 0) throw error;
    process.nextTick(() => {
      throw error;
    });
    dispatchInDeno.call(this, table[CURSOR], end, slab, chunk, buffers);
  }
}

/**
 * @returns {ArrayBuffer} memory for small payloads, which many messages view
 */
function newSlab() {
  const slab = Buffer.allocUnsafeSlow(SLAB_SIZE).buffer;

  // Posting one message to a worker must not take the others' memory away.
  markAsUntransferable(slab);
  return slab;
}
