'use strict';

/*
 * Where a plan of opening.js would run into a row of docs/differences.md, or into what is up to timing. Each as narrow as
 * it can be.
 */

const { driver } = require('../runner/implementations');
const { actsOf, endsIt } = require('./opening-acts');

/** What Node and hawser take off a socket at once, less the handshake. */
const FIRST_READ = 64 * 1024 - 1000;

/** Whether an I/O thread may read, at its own time. */
const READS_ELSEWHERE =
  driver === 'io_threads' || process.env.HAWSER_RESTLESS === '1';

const NEVER_WRITE = new Set([
  ...['look', 'pause', 'resume', 'socket listen', 'socket pause'],
  ...['socket resume', 'stream read', 'stream flow', 'stream pause'],
  'stream resume',
]);

module.exports = {
  isForeseen,
  endsSocket,
  foreseeableActs,
  hasTicks,
  losesFrames,
  sends,
  size,
};

/**
 * @param {object} plan of opening.js
 * @returns {boolean} whether it is to be left out
 */
function isForeseen(plan) {
  return (
    cutsAFault(plan) ||
    isHeardInTheEnd(plan) ||
    pausesBeforeTheEnd(plan) ||
    isCutShort(plan) ||
    isResetAtOnce(plan) ||
    endsElsewhere(plan) ||
    awaitsInTheEnd(plan) ||
    actsBetweenReads(plan) ||
    actsBesideAFault(plan)
  );
}

/** The row "a fault within a message": what has a fault comes in one piece. */
function cutsAFault(plan) {
  return mayFail(plan) && plan.cut < 1;
}

/**
 * What is kept, for a pause or because events are deferred, is heard when the socket has gone. If the program has ended that
 * behind the back of its WebSocket, `readyState` is 2 in these events with ws, and may be 1 still here.
 */
function isHeardInTheEnd(plan) {
  const { allowSynchronousEvents } = plan.options;
  if (READS_ELSEWHERE && pauses(plan) && all(plan).some(endsIt)) return true;
  if (!pauses(plan) && allowSynchronousEvents !== false) return false;
  return names(plan).some((act) => /^socket (?:end|destroy|resume)/.test(act));
}

/** The row "pausing": to a subject that is paused, hawser says at once that its peer has gone. */
function pausesBeforeTheEnd(plan) {
  return plan.end !== null && pauses(plan);
}

/** The row "compression": what ws is still inflating. */
function isCutShort(plan) {
  const { acts, deflate, groups } = plan;
  const inflates = deflate && groups.flat().some(({ rsv1 }) => rsv1);
  if (deflate && plan.stream) return true;
  return Boolean(
    inflates &&
    (plan.end ||
      acts.some(({ when, what }) => when !== 'at once' || awaits(what))),
  );
}

/**
 * A socket whose peer has reset it fails with the answer to the request, if Node writes that; ours when the loop says so. And
 * Node reads the end of a client's together with what came before it.
 */
function isResetAtOnce(plan) {
  const { acts, end, options, stream } = plan;
  if (end !== 'RST') return false;
  const isLate = acts.some(({ when }) => when !== 'at once');
  return (
    isLate ||
    Boolean(stream) ||
    names(plan).some((act) => !NEVER_WRITE.has(act)) ||
    options.allowSynchronousEvents === false
  );
}

/**
 * What comes in a later read than the handshake is read when the loop does so: what is done in between comes before it or
 * after it. Only a server with a port of its own, on the loop, reads on as Node does.
 */
function actsBetweenReads(plan) {
  if (size(plan) < FIRST_READ) return false;
  if (plan.stream) return true;
  const readsOn = plan.place === 'own port' && !READS_ELSEWHERE;
  return plan.acts.some(({ when }) => isLater(when) && !readsOn);
}

/**
 * An I/O thread tells in its own time that the peer has gone, and that it has closed the socket; the loop does, too, if that
 * comes in a later read.
 */
function endsElsewhere(plan) {
  const { acts, end, options } = plan;
  if (end === null) return false;
  if (!READS_ELSEWHERE && size(plan) < FIRST_READ) return false;
  return (
    options.allowSynchronousEvents === false ||
    acts.some(({ when }) => isLater(when))
  );
}

/** What waits for a Blob in the end comes before `close` or after it, as the thread pool has it. */
function awaitsInTheEnd(plan) {
  const { acts, later } = plan;
  return (
    pauses(plan) &&
    (later.some(awaits) ||
      acts.some(({ when, what }) => when !== 'at once' && awaits(what)))
  );
}

/**
 * A fault that comes with the request is an `error` a tick earlier than with ws; to a subject that is paused and ends at
 * once, a turn earlier.
 */
function actsBesideAFault(plan) {
  if (!mayFail(plan)) return false;
  const acts = [...plan.acts, ...(plan.stream?.acts ?? [])];
  return acts.some(
    ({ when }) =>
      ['microtask', 'tick'].includes(when) ||
      (when === 'immediate' && pauses(plan)),
  );
}

/** Whether the order of ticks can be compared. */
function hasTicks(plan) {
  const { end, options } = plan;
  // An I/O thread tells in a turn of its own that it has closed the socket.
  const isLate =
    (READS_ELSEWHERE || end !== null) &&
    options.allowSynchronousEvents === false;
  return (
    !isLate &&
    !plan.deflate &&
    !mayFail(plan) &&
    !pauses(plan) &&
    size(plan) < FIRST_READ
  );
}

/** What is on its way when a connection is reset need not come. */
function losesFrames(plan) {
  const isReset = all(plan).some(endsIt);
  return (
    plan.end === 'RST' ||
    (isReset && (pauses(plan) || size(plan) >= FIRST_READ))
  );
}

/** Whether it is not certain what it has written. */
function sends(plan) {
  return plan.end === 'RST' || names(plan).some((act) => !NEVER_WRITE.has(act));
}

/** Whether the socket is ended or destroyed behind the back of the WebSocket. */
function endsSocket(plan) {
  return names(plan).some((act) => /^socket (?:end|destroy|cork)/.test(act));
}

/** @returns {number} how many bytes come with the handshake, or soon */
function size({ groups }) {
  return groups
    .flat()
    .reduce((sum, frame) => sum + (frame.payload ?? frame.inflated).length, 0);
}

/**
 * The same as `actsBetweenReads()`, for a client, of whose plan it is not known beforehand.
 *
 * @param {object} plan
 * @param {string} role
 * @returns {object[]} what is done in the beginning
 */
function foreseeableActs(plan, role) {
  const { acts } = plan;
  if (role === 'server' || size(plan) < FIRST_READ) return acts;
  return acts.filter(({ when }) => !isLater(when));
}

function awaits({ act }) {
  return act === 'send a Blob, await it';
}

function isLater(when) {
  return !['at once', 'microtask', 'tick'].includes(when);
}

function mayFail({ deflate, groups, last, options }) {
  const isLimited = options.maxPayload !== undefined;
  const isCompressed = groups.flat().some(({ rsv1 }) => rsv1);
  return isLimited || last.length > 0 || (isCompressed && !deflate);
}

function pauses(plan) {
  return (
    Boolean(plan.stream) || names(plan).some((act) => act.endsWith('pause'))
  );
}

function names(plan) {
  return all(plan).flatMap(actsOf);
}

function all({ acts, later, stream }) {
  return [...acts, ...(stream?.acts ?? [])]
    .map(({ what }) => what)
    .concat(later);
}
