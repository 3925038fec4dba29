'use strict';

const { connectRaw } = require('../../support/connections');
const { OPCODE } = require('../../support/frames');
const { until } = require('../../support/waiting');
const { CUT, close } = require('../vocabulary');
const { ended, watchApi, watchWire } = require('./watching');

module.exports = { playFrames };

/**
 * Plays a row of an open connection: the peer sends frames, or the
 * implementation under test does.
 *
 * A row has
 * - `options`: of the implementation under test
 * - `extension`: the `Sec-WebSocket-Extensions` header of the peer
 * - `calls`: methods of the WebSocket to call, each `[name, ...arguments]`
 * - `echoes`: messages are sent back
 * - `send`: what the peer sends: frames, bytes, `CUT`
 * - `ending`: what the peer does then: `'close'` (the default) sends a close
 *   frame in the same write, `'fin'` ends the TCP connection, `'reply'` answers
 *   the close frame it gets, `'none'` is nothing
 * - `reply`: with what it answers; a close frame like the one it got by default
 * - `notesMasks`: how many different masking keys there were is seen, too
 *
 * @param {RowContext} t
 * @param {object} row
 * @returns {Promise<{ api: string[], wire: string[] }>}
 */
async function playFrames(t, row) {
  const { calls = [], ending = 'close', extension, role, send = [] } = row;
  const { subject, raw } = await connectRaw(t, role, {
    subject: row.options,
    headers: extension ? [`Sec-WebSocket-Extensions: ${extension}`] : [],
  });
  const api = watchApi(subject);
  let replied = Promise.resolve();
  const wire = watchWire(raw, role, (frame) => {
    if (ending !== 'reply' || frame.opcode !== OPCODE.CLOSE) return;
    const { payload } = frame;
    const reply = row.reply ?? [{ opcode: OPCODE.CLOSE, payload }];
    replied = sendSteps(subject, raw, reply);
  });
  if (row.echoes) {
    subject.on('message', (data, isBinary) => {
      subject.send(data, { binary: isBinary });
    });
  }

  for (const [name, ...args] of calls) {
    try {
      subject[name](...args);
    } catch (error) {
      api.push(`throws ${error.name}`);
    }
  }
  await sendSteps(
    subject,
    raw,
    ending === 'close' ? [...send, close(1000)] : send,
  );
  if (ending === 'fin') raw.socket.end();

  await ended(subject, raw, api);
  await replied;
  if (row.notesMasks) wire.push(`${countMasks(raw)} different masks`);
  return { api, wire };
}

async function sendSteps(subject, raw, steps) {
  const chunks = chunksOf(steps, raw);
  const last = chunks.pop() ?? Buffer.alloc(0);
  raw.socket.setNoDelay(true);
  for (const chunk of chunks) await deliver(subject, raw, chunk);
  if (raw.socket.writable && last.length > 0) raw.socket.write(last);
}

/** Lays out steps as the bytes of one segment after the other. */
function chunksOf(steps, raw) {
  const chunks = [[]];
  const add = (bytes) => chunks.at(-1).push(bytes);
  for (const step of steps) {
    if (step === CUT) {
      chunks.push([]);
    } else if (Buffer.isBuffer(step)) {
      add(step);
    } else if (step.bytewise) {
      for (const byte of Buffer.concat(
        step.bytewise.map((f) => raw.build(f)),
      )) {
        add(Buffer.from([byte]));
        chunks.push([]);
      }
    } else if (step.split) {
      const bytes = raw.build(step.split);
      const at = bytes.length - Buffer.byteLength(step.split.payload) + step.at;
      add(bytes.subarray(0, at));
      chunks.push([bytes.subarray(at)]);
    } else if (step.pieces) {
      const bytes = raw.build(step.pieces);
      const start = bytes.length - step.count + 1;
      add(bytes.subarray(0, start));
      for (const byte of bytes.subarray(start))
        chunks.push([Buffer.from([byte])]);
    } else {
      add(raw.build(step));
    }
  }
  return chunks
    .map((parts) => Buffer.concat(parts))
    .filter((c) => c.length > 0);
}

/** Waits until a chunk has been read, or nobody is there any more to read it. */
async function deliver(subject, raw, chunk) {
  if (!raw.socket.writable) return;
  const bytesRead = () => subject._socket?.bytesRead ?? Infinity;
  const wanted = bytesRead() + chunk.length;
  raw.socket.write(chunk);
  await until(() => raw.ended || bytesRead() >= wanted, 'a chunk was not read');
}

function countMasks(raw) {
  return new Set(raw.frames.map(({ mask }) => mask?.toString('hex'))).size;
}
