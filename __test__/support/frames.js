'use strict';

const { randomBytes } = require('node:crypto');

const OPCODE = Object.freeze({
  CONTINUATION: 0,
  TEXT: 1,
  BINARY: 2,
  CLOSE: 8,
  PING: 9,
  PONG: 10,
});

/**
 * Lays out one frame, valid or not: nothing is checked.
 *
 * @param {object} frame
 * @param {number} frame.opcode
 * @param {string | Buffer} [frame.payload]
 * @param {boolean} [frame.fin]
 * @param {boolean} [frame.rsv1]
 * @param {boolean} [frame.rsv2]
 * @param {boolean} [frame.rsv3]
 * @param {boolean | Buffer} [frame.mask] `true` for a random key
 * @param {number | bigint} [frame.length] the length to claim, whatever the payload is
 * @param {7 | 16 | 64} [frame.lengthBits] the width of the length field
 * @returns {Buffer}
 */
function buildFrame({
  opcode,
  payload = '',
  fin = true,
  rsv1 = false,
  rsv2 = false,
  rsv3 = false,
  mask = false,
  length,
  lengthBits,
}) {
  const body = Buffer.from(payload);
  const key = mask === true ? randomBytes(4) : mask || null;
  const flags =
    (fin ? 0x80 : 0) |
    (rsv1 ? 0x40 : 0) |
    (rsv2 ? 0x20 : 0) |
    (rsv3 ? 0x10 : 0);
  const lengthField = encodeLength(length ?? body.length, lengthBits);
  if (key) lengthField[0] |= 0x80;

  const parts = [Buffer.from([flags | opcode]), lengthField];
  if (key) parts.push(key, applyMask(body, key));
  else parts.push(body);
  return Buffer.concat(parts);
}

/**
 * The payload of a close frame.
 *
 * @param {number} code
 * @param {string | Buffer} [reason]
 * @returns {Buffer}
 */
function closePayload(code, reason = '') {
  return Buffer.concat([
    Buffer.from([code >> 8, code & 0xff]),
    Buffer.from(reason),
  ]);
}

/** Cuts a stream of bytes, in any chunking, into frames. */
class FrameParser {
  #unread = Buffer.alloc(0);
  /** What came behind it, not joined yet: a large frame comes in thousands of chunks. */
  #chunks = [];
  #length = 0;
  /** How many bytes the next step needs. */
  #wanted = 2;

  /** How many bytes are part of a frame that is not complete. */
  get unread() {
    return this.#length;
  }

  /**
   * @param {Buffer} chunk
   * @returns {Array<object>} the frames which this chunk completed, unmasked
   */
  push(chunk) {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#wanted) return [];
    this.#unread = Buffer.concat([this.#unread, ...this.#chunks]);
    this.#chunks = [];
    const frames = [];
    for (;;) {
      const frame = this.#next();
      if (!frame) return frames;
      frames.push(frame);
    }
  }

  #next() {
    const bytes = this.#unread;
    if (this.#lacks(2)) return null;
    const masked = (bytes[1] & 0x80) !== 0;
    const short = bytes[1] & 0x7f;
    const lengthEnd = short === 127 ? 10 : short === 126 ? 4 : 2;
    const payloadStart = lengthEnd + (masked ? 4 : 0);
    if (this.#lacks(payloadStart)) return null;

    let length = short;
    if (short === 126) length = bytes.readUInt16BE(2);
    if (short === 127) length = Number(bytes.readBigUInt64BE(2));
    if (this.#lacks(payloadStart + length)) return null;

    const body = bytes.subarray(payloadStart, payloadStart + length);
    const mask = masked ? bytes.subarray(lengthEnd, payloadStart) : null;
    this.#unread = bytes.subarray(payloadStart + length);
    this.#length = this.#unread.length;
    this.#wanted = 2;
    return {
      fin: (bytes[0] & 0x80) !== 0,
      rsv1: (bytes[0] & 0x40) !== 0,
      rsv2: (bytes[0] & 0x20) !== 0,
      rsv3: (bytes[0] & 0x10) !== 0,
      opcode: bytes[0] & 0x0f,
      masked,
      mask,
      lengthBits: short === 127 ? 64 : short === 126 ? 16 : 7,
      payload: mask ? applyMask(body, mask) : body,
    };
  }

  #lacks(wanted) {
    this.#wanted = wanted;
    return this.#unread.length < wanted;
  }
}

module.exports = { OPCODE, buildFrame, closePayload, FrameParser };

function encodeLength(length, bits) {
  if (bits === 7 || (!bits && length < 126)) return Buffer.from([length]);
  if (bits === 16 || (!bits && length < 65536)) {
    const field = Buffer.alloc(3);
    field[0] = 126;
    field.writeUInt16BE(Number(length), 1);
    return field;
  }
  const field = Buffer.alloc(9);
  field[0] = 127;
  field.writeBigUInt64BE(BigInt(length), 1);
  return field;
}

function applyMask(bytes, key) {
  const result = Buffer.allocUnsafe(bytes.length);
  for (let i = 0; i < bytes.length; i++) result[i] = bytes[i] ^ key[i & 3];
  return result;
}
