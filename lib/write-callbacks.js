'use strict';

const errors = require('./errors');

// Taken once: a test that replaces the timers of the process for a while must
// not keep a callback back for good.
const { nextTick } = process;

/** Called callbacks that the list keeps until it is cut. */
const KEPT = 4096;

/**
 * Who wants to know when frames are written. Each is told once, in the order of
 * the frames; one that throws does not keep the others from being told.
 */
class WriteCallbacks {
  constructor() {
    /** @type {Function[]} those of frames that are not written, at the end */
    this._list = [];
    /** The first that has not been called. */
    this._next = 0;
    /** How many of them have to be called. */
    this._due = 0;
    /** Whether a call of the program's is under way, which must not call back. */
    this._isHeld = false;
    /** @type {(() => void)[] | null} what waits for all of them */
    this._late = null;
  }

  /**
   * @param {(error?: Error | null) => void} callback of the frame that was sent
   *     last
   */
  add(callback) {
    this._list.push(callback);
  }

  /**
   * @param {number} count how many more of the frames are written
   */
  written(count) {
    this._due += count;

    if (this._isHeld) nextTick(() => this._run());
    else this._run();
  }

  /** Until `release()` nobody is called before the next tick. */
  hold() {
    this._isHeld = true;
  }

  release() {
    this._isHeld = false;
  }

  /**
   * @param {() => void} action what to do in a later tick, but not before those
   *     who wait now have been told
   */
  after(action) {
    if (this._late !== null) {
      this._late.push(action);
      return;
    }

    const last = this._list.length - 1;

    if (last < 0) {
      nextTick(action);
      return;
    }

    const callback = this._list[last];
    const late = [action];

    this._late = late;
    this._list[last] = (error) => {
      this._late = null;
      callEach([callback, ...late], error);
    };
  }

  /**
   * Tells everyone who waits for a frame to be written that it never will be.
   *
   * @param {Error | null} cause the error that ended the socket, if one did
   */
  fail(cause) {
    this._run();

    const waiting = this._list.slice(this._next);
    if (waiting.length === 0) return;

    this._list = [];
    this._next = 0;
    this._due = 0;
    callEach(waiting, cause ?? errors.neverWritten());
  }

  /** @private */
  _run() {
    try {
      while (this._due > 0 && this._list.length > 0) {
        this._due--;
        this._take()(null);
      }
    } finally {
      if (this._due > 0 && this._list.length > 0) nextTick(() => this._run());
    }
  }

  /**
   * @returns {Function} the callback whose turn it is
   * @private
   */
  _take() {
    const list = this._list;
    const callback = list[this._next];

    // Shifting a long array would move all of it for each callback.
    list[this._next++] = undefined;

    if (this._next === list.length) {
      this._list = [];
      this._next = 0;
    } else if (this._next === KEPT) {
      this._list = list.slice(KEPT);
      this._next = 0;
    }

    return callback;
  }
}

module.exports = WriteCallbacks;

/**
 * @param {Function[]} callbacks called all, even if one throws
 * @param {Error | null} error for each of them
 */
function callEach(callbacks, error) {
  let called = 0;

  try {
    while (called < callbacks.length) callbacks[called++](error);
  } finally {
    if (called < callbacks.length) {
      nextTick(callEach, callbacks.slice(called), error);
    }
  }
}
