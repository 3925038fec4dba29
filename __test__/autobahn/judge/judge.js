'use strict';

const { OPCODE, FrameParser } = require('../../support/frames');
const { expectationFor } = require('./expectation');

/** kosoku waits a second before it looks whether a fault was noticed. */
const AT_ONCE_MS = 500;

const NAMES = Object.fromEntries(
  Object.entries(OPCODE).map(([name, opcode]) => [opcode, name.toLowerCase()]),
);

/**
 * Compares what an endpoint sent with what the bytes it got ask for.
 *
 * @param {import('../recording').Recording} recording of an uncompressed connection
 * @param {'client' | 'server'} role of the endpoint
 * @returns {null | {expected: string, seen: string}} what is wrong
 */
function judge(recording, role) {
  const got = recording.toSubject;
  const expectation = expectationFor(got.bytes());
  const expected = wanted(expectation);
  const complain = (problem) => ({
    expected: expected.map(describe).join(', ') || 'nothing',
    seen: problem,
  });

  if (/^sec-websocket-extensions:/im.test(recording.response)) {
    return complain('an extension in a case that is played without one');
  }
  const { frames, rest } = framesIn(recording.fromSubject.bytes());
  const seen = frames.map(describe).join(', ') || 'nothing';
  const malformed = frames.find((frame) => !isWellFormed(frame, role));
  if (malformed) return complain(`a malformed frame in: ${seen}`);
  if (rest > 0) return complain(`${seen}, and part of a frame`);
  if (!isSame(frames, expected)) return complain(seen);
  if (!wasAtOnce(recording, expectation)) {
    return complain(`${seen}; but only after more had come behind the fault`);
  }
  if (recording.fromSubject.ending !== 'end') {
    const ending = recording.fromSubject.ending ?? 'not ended';
    return complain(`${seen}; but the connection was ${ending}`);
  }
  return null;
}

module.exports = { judge };

/** The frames that must have been sent, the last of them a close frame. */
function wanted({ replies, end }) {
  if (end === null) return replies;
  const payload = Buffer.alloc(end.code === null ? 0 : 2);
  if (end.code !== null) payload.writeUInt16BE(end.code);
  return [...replies, { opcode: OPCODE.CLOSE, payload }];
}

function framesIn(bytes) {
  const parser = new FrameParser();
  const frames = parser.push(bytes);
  return { frames, rest: parser.unread };
}

function isWellFormed({ fin, rsv1, rsv2, rsv3, masked }, role) {
  return fin && !rsv1 && !rsv2 && !rsv3 && masked === (role === 'client');
}

/** The reason of a close frame is free. */
function isSame(frames, expected) {
  if (frames.length !== expected.length) return false;
  return frames.every(({ opcode, payload }, i) => {
    if (opcode !== expected[i].opcode) return false;
    const compared = opcode === OPCODE.CLOSE ? payload.subarray(0, 2) : payload;
    return compared.equals(expected[i].payload);
  });
}

/** Whether a fault was answered before whatever was sent a good while after it. */
function wasAtOnce({ toSubject, fromSubject }, { end }) {
  if (end === null || end.faultAt === null) return true;
  const faultTime = toSubject.timeOf(end.faultAt);
  const answerTime = fromSubject.timeOf(fromSubject.length - 1);
  const later = toSubject.firstTimeAfter(faultTime + AT_ONCE_MS);
  return later === undefined || answerTime < later;
}

function describe({ opcode, payload }) {
  const name = NAMES[opcode] ?? `opcode ${opcode}`;
  if (opcode === OPCODE.CLOSE) {
    return payload.length < 2 ? 'close' : `close ${payload.readUInt16BE(0)}`;
  }
  if (payload.length > 32) return `${name} of ${payload.length} bytes`;
  return `${name} ${JSON.stringify(payload.toString('latin1'))}`;
}
