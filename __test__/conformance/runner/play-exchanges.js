'use strict';

const { connectRaw } = require('../../support/connections');
const { OPCODE } = require('../../support/frames');
const { SeededRandom } = require('../../support/random');
const { DeflateContext } = require('../deflate');
const { close, seen } = require('../vocabulary');
const { ended, faultsOf, watchApi } = require('./watching');

module.exports = { playExchange, messagesOf };

const WORDS = 'the quick brown fox jumps over the lazy dog and is back again; ';

/**
 * Plays a row of permessage-deflate: the peer sends compressed messages, the
 * implementation under test sends them back, and the peer inflates them with
 * no more than the agreed parameters allow.
 *
 * A row has
 * - `parameters`: what is agreed on, as in a header
 * - `message`: `{ kind: 'text' | 'binary', size }`; three of them are sent.
 *   Binary ones are noise, which repeats itself after `period` bytes
 * - `pieces`: how many frames make a message, in either direction
 *
 * @param {RowContext} t
 * @param {object} row
 * @returns {Promise<{ api: string[], wire: string[] }>}
 */
async function playExchange(t, row) {
  const extension = ['permessage-deflate', ...row.parameters].join('; ');
  const { subject, raw } = await connectRaw(t, row.role, {
    subject: { perMessageDeflate: { threshold: 0 } },
    headers: [`Sec-WebSocket-Extensions: ${extension}`],
  });
  const api = watchApi(subject);
  subject.on('message', (data, isBinary) => {
    const parts = cut(data, row.pieces);
    parts.forEach((part, i) => {
      const fin = i === parts.length - 1;
      subject.send(part, { binary: isBinary, compress: true, fin });
    });
  });

  const own = row.role === 'server' ? 'client' : 'server';
  const deflating = contextOf(own, row.parameters);
  const inflating = contextOf(row.role, row.parameters);
  const frames = messagesOf(row).flatMap(({ kind, data }) =>
    framesOf(kind, deflating.deflate(data), row.pieces),
  );
  raw.send(...frames, close(1000));
  await ended(subject, raw, api);
  return { api, wire: describe(raw.frames, row.role, inflating) };
}

/**
 * @param {object} row
 * @returns {Array<{ kind: 'text' | 'binary', data: Buffer }>} messages that have much in common
 */
function messagesOf({ message: { kind, period, size } }) {
  const whole = Buffer.alloc(
    size + 2,
    kind === 'text' ? WORDS : new SeededRandom(size).bytes(period ?? size + 2),
  );
  return [0, 1, 2].map((at) => ({ kind, data: whole.subarray(at, at + size) }));
}

/** What one end agreed to do when it compresses. */
function contextOf(end, parameters) {
  const bits = parameters
    .map((each) => each.split('='))
    .find(([name]) => name === `${end}_max_window_bits`);
  return new DeflateContext({
    windowBits: bits && Number(bits[1]),
    takesOver: !parameters.includes(`${end}_no_context_takeover`),
  });
}

function framesOf(kind, payload, pieces) {
  const parts = cut(payload, pieces);
  return parts.map((part, i) => ({
    opcode: i === 0 ? OPCODE[kind.toUpperCase()] : OPCODE.CONTINUATION,
    rsv1: i === 0,
    fin: i === parts.length - 1,
    payload: part,
  }));
}

/** Cuts bytes into parts, of which those behind the last byte are empty. */
function cut(bytes, pieces) {
  const size = Math.ceil(bytes.length / pieces);
  return Array.from({ length: pieces }, (_, i) =>
    bytes.subarray(i * size, i === pieces - 1 ? bytes.length : (i + 1) * size),
  );
}

/** Puts messages together, and inflates them. */
function describe(frames, role, inflating) {
  const wire = [];
  let message;
  for (const frame of frames) {
    wire.push(...faultsOf(frame, role));
    if (frame.opcode === OPCODE.CLOSE) {
      wire.push(`close ${frame.payload.readUInt16BE(0)}`);
      continue;
    }
    if (frame.opcode === OPCODE.CONTINUATION)
      message.payloads.push(frame.payload);
    else message = { ...frame, payloads: [frame.payload] };
    if (frame.opcode === OPCODE.CONTINUATION && frame.rsv1) {
      wire.push('RSV1 OF A CONTINUATION');
    }
    if (frame.fin) wire.push(describeMessage(message, inflating));
  }
  return wire;
}

function describeMessage({ opcode, payloads, rsv1 }, inflating) {
  const kind = opcode === OPCODE.TEXT ? 'text' : 'binary';
  const payload = Buffer.concat(payloads);
  if (!rsv1) return seen(`${kind} not compressed`, payload);
  try {
    return seen(kind, inflating.inflate(payload));
  } catch (error) {
    return `${kind} that does not inflate: ${error.message}`;
  }
}
