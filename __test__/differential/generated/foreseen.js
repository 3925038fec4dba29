'use strict';

/*
 * Where a plan would run into a row of docs/differences.md, so that it can be left out. Each
 * as narrow as it can be.
 */

const { isUtf8 } = require('node:buffer');
const { driver } = require('../runner/implementations');

module.exports = {
  mayCut,
  hasTicks,
  isNotCutShort,
  isNotStoppedAhead,
  isWithinOneRead,
  straysAtTheEnd,
};

/** What one read of a socket surely takes. */
const SMALL = 10_000;

/**
 * The row "a fault within a message": hawser finds a
 * fault at the offending byte, `ws` when the frame or message is complete. So what has such a
 * fault comes in one piece.
 *
 * @param {object} plan
 * @returns {boolean} whether the bytes may be cut anywhere
 */
function mayCut({ steps, deflate, options }) {
  const { maxPayload } = options;
  return framesOf(steps).every((frame) => {
    const { opcode, rsv1, payload, inflated } = frame;
    if (claimsAnotherLength(frame)) return false;
    if (deflate && rsv1 && opcode < 3) {
      if (!inflated || (maxPayload && inflated.length > maxPayload))
        return false;
    }
    if (opcode !== 1 || (rsv1 && !inflated)) return true;
    return isUtf8(inflated ?? payload);
  });
}

/**
 * The same row: behind a frame that claims another length than it has, bytes are taken for frames
 * that nobody has looked at for faults. So they all come in one piece.
 *
 * @param {object} plan
 * @returns {boolean} whether such a frame is among those that come last
 */
function straysAtTheEnd({ steps }) {
  const before = steps.slice(0, -1);
  return !framesOf(before).some(claimsAnotherLength);
}

/**
 * Whether ticks can be compared. Compression takes its time in `ws`: the row "compression". Where there
 * is much to read, it is for the system to say how much comes in one go; and what `ws` has read in
 * advance while it was paused, the row "pausing", comes a tick apart from the end.
 *
 * @param {object} plan
 * @returns {boolean}
 */
function hasTicks({ deflate, options, steps, reaction }) {
  // An I/O thread tells in a turn of its own that it has closed the socket.
  const isLate =
    driver === 'io_threads' &&
    options.allowSynchronousEvents === false &&
    reaction?.action.call === 'terminate';
  return (
    !deflate && !isLate && !pauses({ steps, reaction }) && sizeOf(steps) < SMALL
  );
}

/**
 * The row "compression": with hawser no data is still being compressed when a listener terminates.
 *
 * @param {object} plan
 * @returns {boolean}
 */
function isNotCutShort({ deflate, reaction }) {
  return !deflate || reaction?.action.call !== 'terminate';
}

/**
 * The row "pausing": while an event is deferred, `ws` goes on reading up to a stream's high-water
 * mark. And where chunks are counted, it is for the system to say how many there are of much; what
 * `ws` reads while it is paused comes in the chunks of then.
 *
 * @param {object} plan
 * @returns {boolean}
 */
function isWithinOneRead({ options, steps, reaction }) {
  const { allowSynchronousEvents = true, maxBufferedChunks = 0 } = options;
  const readsAhead = !allowSynchronousEvents || pauses({ steps, reaction });
  if (readsAhead && maxBufferedChunks > 0) return false;
  const countsReads = readsAhead || maxBufferedChunks > 0;
  return !countsReads || sizeOf(steps) < SMALL;
}

/**
 * The same row: what arrives while nothing is read is one piece to hawser, and whole when the connection
 * ends; `ws` has read it in the pieces of then, or not at all. So in the midst of it no listener pauses again or
 * terminates.
 *
 * @param {object} plan
 * @returns {boolean}
 */
function isNotStoppedAhead({ options, steps, reaction }) {
  const action = reaction?.action.call;
  const isPaused = pauses({ steps });
  const defers = options.allowSynchronousEvents === false;
  if (action === 'pause') return !isPaused;
  if (action !== 'terminate') return true;
  return !(isPaused || defers) || piecesOf(steps) < 2;
}

function piecesOf(steps) {
  const received = steps.filter(({ step }) => step === 'receive');
  return received.reduce((sum, { cuts }) => sum + cuts.length + 1, 0);
}

function pauses({ steps, reaction }) {
  const calls = steps.flatMap((step) => step.calls ?? []);
  return [...calls, reaction?.action].some((c) => c?.call === 'pause');
}

function claimsAnotherLength({ length, payload, inflated }) {
  return length !== undefined && length !== (payload ?? inflated)?.length;
}

function sizeOf(steps) {
  return framesOf(steps).reduce(
    (sum, { payload, inflated }) => sum + (payload ?? inflated).length,
    0,
  );
}

function framesOf(steps) {
  return steps.flatMap((step) => step.frames ?? []);
}
