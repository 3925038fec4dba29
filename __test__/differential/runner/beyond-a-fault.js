'use strict';

/*
 * The row "bytes behind a fault that were read while an event was deferred or data was inflated". `ws` takes chunks
 * that have waited one after the other, also behind a fault, and begins in the state in which the fault left it: it
 * takes them apart at the wrong place, and gives messages that nobody sent or throws a `TypeError`.
 *
 * No plan tells beforehand whether that happens, for it is for the system to say what comes in one chunk. So the
 * Receiver of `ws` is watched: going on is beginning its loop again after a fault.
 */

const { oracle } = require('./implementations');

module.exports = { hasGoneOn };

const { prototype } = oracle.Receiver;
const { startLoop } = prototype;

let times = 0;
prototype.startLoop = function startLoopWatched(callback) {
  if (this._errored) times++;
  return startLoop.call(this, callback);
};

/**
 * @returns {boolean} whether a Receiver of `ws` has gone on behind a fault since this was asked last
 */
function hasGoneOn() {
  const has = times > 0;
  times = 0;
  return has;
}
