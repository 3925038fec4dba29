'use strict';

/*
 * Sockets that live on another thread. This thread stands still until that one has written: when its loop goes on, all of
 * it is there, with the end behind it, before the subject has accepted the connection, or has seen the first byte. Between
 * two sockets of one thread it is the loop that says what comes first.
 *
 * @module far-sockets
 */

const { EventEmitter } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');

/** What the system does not take at once it takes while the subject reads. */
const PATIENCE_MS = 250;

const done = new Int32Array(new SharedArrayBuffer(4));
/** @type {Map<number, FarSocket>} */
const sockets = new Map();
let worker = null;
let lastId = 0;

/** As much of a socket as a `RawPeer` and `settle()` need. */
class FarSocket extends EventEmitter {
  bytesRead = 0;
  bytesWritten = 0;
  destroyed = false;
  readableEnded = false;
  writableEnded = false;
  #id = ++lastId;
  /** How far the scenario was when the other thread was asked last, and whether it has answered. */
  #askedAt = -1;
  #isAnswered = true;

  constructor() {
    super();
    sockets.set(this.#id, this);
  }

  /** Connects, and comes back when that is done. */
  dial(port) {
    tell({ command: 'dial', id: this.#id, port }, { waits: true });
  }

  /** Waits for one connection; its port is told with `listening`. */
  listen() {
    tell({ command: 'listen', id: this.#id });
  }

  /**
   * Writes, and comes back when that is done.
   *
   * @param {Buffer} bytes
   * @param {'FIN' | 'RST' | null} [end] what follows them
   */
  write(bytes, end = null) {
    if (this.destroyed || this.writableEnded) return;
    this.bytesWritten += bytes.length;
    this.writableEnded = end !== null;
    tell({ command: 'write', id: this.#id, bytes, end }, { waits: true });
  }

  end() {
    this.#leave('end');
  }

  destroy() {
    this.#leave('destroy');
  }

  resetAndDestroy() {
    this.#leave('resetAndDestroy');
  }

  /**
   * Whether the other thread has nothing to tell. It is asked anew whenever the scenario has gone on.
   *
   * @param {number} progress grows with all that is to be seen
   * @returns {boolean}
   */
  isQuiet(progress) {
    if (!this.#isAnswered) return false;
    if (this.#askedAt === progress) return true;
    this.#askedAt = progress;
    this.#isAnswered = false;
    tell({ command: 'look', id: this.#id });
    return false;
  }

  isPaused() {
    return false;
  }

  setNoDelay() {}

  /** Nothing is heard of it any more. */
  forget() {
    this.destroy();
    sockets.delete(this.#id);
  }

  #leave(how) {
    this.writableEnded = true;
    tell({ command: 'leave', id: this.#id, how });
  }

  /** What the other thread has posted. */
  hear(event, value) {
    if (event === 'data') this.bytesRead += value.length;
    if (event === 'end') this.readableEnded = true;
    if (event === 'close') this.destroyed = true;
    if (event === 'looked') this.#isAnswered = true;
    this.emit(event, event === 'data' ? Buffer.from(value) : value);
  }
}

module.exports = { FarSocket };

function tell(command, { waits = false } = {}) {
  worker ??= startWorker();
  const before = Atomics.load(done, 0);
  worker.postMessage(command);
  if (waits) Atomics.wait(done, 0, before, PATIENCE_MS);
}

function startWorker() {
  const started = new Worker(path.join(__dirname, 'far-sockets-worker.js'), {
    workerData: done,
  });
  started.on('message', ({ id, event, value }) =>
    sockets.get(id)?.hear(event, value),
  );
  started.unref();
  return started;
}
