'use strict';

const { OPCODE } = require('../../support/frames');
const { within } = require('../../support/waiting');
const { seen } = require('../vocabulary');

module.exports = { watchApi, watchWire, faultsOf, ended };

/** How long a connection may take to end. */
const PATIENCE_MS = 20_000;

/** The shortest payload for which each width of the length field is right. */
const SHORTEST = { 7: 0, 16: 126, 64: 65536 };

const NAMES = Object.fromEntries(
  Object.entries(OPCODE).map(([name, opcode]) => [opcode, name.toLowerCase()]),
);

/**
 * Notes the events of a WebSocket, in order.
 *
 * @param {WebSocket} subject
 * @returns {string[]} grows
 */
function watchApi(subject) {
  const api = [];
  subject.on('message', (data, isBinary) => {
    api.push(seen(isBinary ? 'binary' : 'text', data));
  });
  subject.on('ping', (data) => api.push(seen('ping', data)));
  subject.on('pong', (data) => api.push(seen('pong', data)));
  subject.on('error', (error) => {
    api.push(`error ${error.code ?? error.message}`);
  });
  subject.on('close', (code, reason) =>
    api.push(seen(`close ${code}`, reason)),
  );
  return api;
}

/**
 * Notes the frames that a raw peer gets. Whatever row it is, a frame that
 * breaks a rule for senders is marked.
 *
 * @param {RawPeer} raw
 * @param {'server' | 'client'} role of who sent them
 * @param {(frame: object) => void} [onFrame]
 * @returns {string[]} grows
 */
function watchWire(raw, role, onFrame) {
  const wire = [];
  let isClosed = false;
  const note = (frame) => {
    const faults = faultsOf(frame, role);
    if (isClosed) faults.push('BEHIND CLOSE');
    isClosed ||= frame.opcode === OPCODE.CLOSE;
    wire.push([...faults, nameOf(frame)].join(' '));
    onFrame?.(frame);
  };
  raw.frames.forEach(note);
  raw.onFrame = note;
  return wire;
}

/**
 * Waits until a connection is over at both ends.
 *
 * @param {WebSocket} subject
 * @param {RawPeer} raw
 * @param {string[]} api what says so if it is not
 */
async function ended(subject, raw, api) {
  const closed =
    subject.readyState === subject.CLOSED
      ? Promise.resolve()
      : new Promise((resolve) => subject.once('close', resolve));
  try {
    await within(Promise.all([closed, raw.closed]), 'no end', PATIENCE_MS);
  } catch {
    api.push('no end');
  }
}

function faultsOf(frame, role) {
  const { fin, lengthBits, masked, opcode, payload, rsv2, rsv3 } = frame;
  const isControl = opcode >= OPCODE.CLOSE;
  return [
    masked !== (role === 'client') && (masked ? 'MASKED' : 'UNMASKED'),
    (rsv2 || rsv3) && 'RESERVED BIT',
    payload.length < SHORTEST[lengthBits] && 'LONG LENGTH',
    isControl && !fin && 'FRAGMENTED',
    isControl && payload.length > 125 && 'LONG',
    NAMES[opcode] === undefined && 'RESERVED',
  ].filter(Boolean);
}

function nameOf({ fin, opcode, payload, rsv1 }) {
  let what = NAMES[opcode] ?? `opcode ${opcode}`;
  if (!fin) what += ' unfinished';
  if (rsv1) what += ' RSV1';
  if (opcode !== OPCODE.CLOSE || payload.length < 2) return seen(what, payload);
  return seen(`${what} ${payload.readUInt16BE(0)}`, payload.subarray(2));
}
