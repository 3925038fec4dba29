'use strict';

const { setImmediate: nextTurn } = require('node:timers/promises');

const PATIENCE_MS = 2000;
/** After the last sign of work: for what has been scheduled already. */
const QUIET_TURNS = 3;
/** `_state` of a sender of `ws` that is neither compressing nor reading a Blob. */
const SENDER_IDLE = 0;

module.exports = { settle, deliver };

/**
 * Waits until all bytes that were written have been read by the other end, and all
 * that follows from them has been noted. Time has no part in it: the counters of
 * the sockets say whether bytes are on their way; whether work is going on inside of
 * the oracle its state says; and the other implementation is given time to get as far as the
 * oracle was at the same place.
 *
 * @param {ScenarioContext} t
 * @returns {Promise<void>}
 */
async function settle(t) {
  const expected = t.expected?.[t.settled.length];
  const deadline = Date.now() + PATIENCE_MS;
  const isPatient = () => Date.now() < deadline;
  const lengths = () =>
    Object.fromEntries([...t.lanes].map(([n, l]) => [n, l.entries.length]));

  for (let quietTurns = 0; quietTurns < QUIET_TURNS && isPatient();) {
    const before = total(lengths());
    await nextTurn();
    const isQuiet =
      t.connections.every((connection) => isIdle(t, connection)) &&
      total(lengths()) === before &&
      hasReached(lengths(), expected);
    quietTurns = isQuiet ? quietTurns + 1 : 0;
  }

  t.settled.push(lengths());
  for (const lane of t.lanes.values()) lane.note('--');
}

/**
 * Writes chunks one after the other, each when the one before has been read.
 *
 * @param {ScenarioContext} t
 * @param {{ subject: WebSocket, raw: RawPeer }} connection
 * @param {Buffer[]} chunks
 * @returns {Promise<void>}
 */
async function deliver(t, { subject, raw }, chunks) {
  raw.socket.setNoDelay?.(true);
  for (const chunk of chunks) {
    if (raw.ended || raw.socket.destroyed || raw.socket.writableEnded) return;
    raw.socket.write(chunk);
    const deadline = Date.now() + PATIENCE_MS;
    do await nextTurn();
    while (!isRead(subject, raw) && Date.now() < deadline);
  }
}

function isIdle(t, { isQuiet, isAtRest: isOwnRest, subject, raw, peer }) {
  if (isQuiet) return isQuiet();
  if (isOwnRest) return !t.isOracle || isOwnRest();
  const other = raw?.socket ?? peer._socket;
  if (!isRead(subject, { socket: other, ended: raw?.ended ?? false })) {
    return false;
  }
  if (!isWritten(subject._socket, other)) return false;
  if (peer && !isAtRest(peer)) return false;
  return !t.isOracle || isAtRest(subject);
}

/** Whether the subject has read what the other end wrote. */
function isRead(subject, { socket, ended }) {
  const own = subject._socket;
  if (
    !own ||
    own.bytesRead === undefined ||
    socket.bytesWritten === undefined
  ) {
    return true;
  }
  if (ended || own.destroyed || subject.isPaused || socket.destroyed)
    return true;
  return own.bytesRead >= socket.bytesWritten;
}

/** Whether the other end has read what the subject wrote. */
function isWritten(own, other) {
  if (own?.bytesWritten === undefined || other.bytesRead === undefined) {
    return true;
  }
  // What was on its way is lost with a reset; only the end itself is sure to come.
  if (own.destroyed) return other.destroyed || other.readableEnded;
  if (other.destroyed || other.isPaused()) return true;
  return other.bytesRead >= own.bytesWritten;
}

/** Whether a WebSocket of `ws` has nothing in work. */
function isAtRest({ _receiver: receiver, _sender: sender, readyState }) {
  if (!receiver || readyState === 3) return true;
  const { length, errored, destroyed } = receiver._writableState;
  const receives = length > 0 && !errored && !destroyed;
  return !receives && sender._state === SENDER_IDLE;
}

function hasReached(lengths, expected = {}) {
  return Object.entries(expected).every(
    ([lane, length]) => (lengths[lane] ?? 0) >= length,
  );
}

function total(lengths) {
  return Object.values(lengths).reduce((sum, length) => sum + length, 0);
}
