'use strict';

const { OPCODE } = require('../../support/frames');
const { Utf8Reader } = require('./utf8');

const PROTOCOL_ERROR = 1002;
const INVALID_PAYLOAD = 1007;

/** RFC 6455, section 7.4, and the registry of close codes. */
const CLOSE_CODES = new Set([
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
]);

/**
 * @typedef {object} Expectation
 * @property {Array<{opcode: number, payload: Buffer}>} replies the frames that must be answered, in this order
 * @property {null | {code: number | null, faultAt: number | null}} end what must be the last answer: a close frame with
 *   this code (`null`: without one), because of the byte at `faultAt`, or, where that is `null`, of a close frame
 */

/**
 * Reads a stream of bytes as RFC 6455 says and tells what an endpoint that
 * echoes must answer. It shares no code with what it judges: frames are cut
 * anew here, since a fault counts from the byte on at which it can be seen.
 *
 * @param {Buffer} bytes what the endpoint got behind the handshake, uncompressed
 * @returns {Expectation}
 */
function expectationFor(bytes) {
  const replies = [];
  let message = null;
  let offset = 0;

  for (;;) {
    const header = readHeader(bytes, offset);
    if (header === null) return { replies, end: null };
    const { opcode, fin, reserved, length, bodyAt } = header;
    const isControl = opcode >= OPCODE.CLOSE;

    if (reserved || (isControl && !fin)) return fault(PROTOCOL_ERROR, offset);
    if (!Object.values(OPCODE).includes(opcode)) {
      return fault(PROTOCOL_ERROR, offset);
    }
    if (isControl && length > 125) return fault(PROTOCOL_ERROR, offset + 1);
    const continues = opcode === OPCODE.CONTINUATION;
    if (!isControl && continues !== (message !== null)) {
      return fault(PROTOCOL_ERROR, offset);
    }

    const body = bodyOf(bytes, header);
    if (!isControl) {
      message ??= newMessage(opcode);
      const bad = message.text ? message.text.firstBadByte(body) : -1;
      if (bad !== -1) return fault(INVALID_PAYLOAD, bodyAt + bad);
      message.parts.push(body);
    }
    // The rest of the frame never came.
    if (body.length < length) return { replies, end: null };
    offset = bodyAt + length;

    if (opcode === OPCODE.CLOSE) return { replies, end: endFor(body, bodyAt) };
    if (opcode === OPCODE.PING) {
      replies.push({ opcode: OPCODE.PONG, payload: body });
    }
    if (isControl || !fin) continue;
    if (message.text && !message.text.isComplete) {
      return fault(INVALID_PAYLOAD, offset - 1);
    }
    const payload = Buffer.concat(message.parts);
    replies.push({ opcode: message.opcode, payload });
    message = null;
  }

  function fault(code, faultAt) {
    return { replies, end: { code, faultAt } };
  }
}

module.exports = { expectationFor };

function newMessage(opcode) {
  const text = opcode === OPCODE.TEXT ? new Utf8Reader() : null;
  return { opcode, text, parts: [] };
}

/** What must be answered to a close frame. */
function endFor(body, bodyAt) {
  if (body.length === 0) return { code: null, faultAt: null };
  if (body.length === 1) return { code: PROTOCOL_ERROR, faultAt: bodyAt };
  const code = body.readUInt16BE(0);
  if (!CLOSE_CODES.has(code) && (code < 3000 || code > 4999)) {
    return { code: PROTOCOL_ERROR, faultAt: bodyAt + 1 };
  }
  const reason = new Utf8Reader();
  const bad = reason.firstBadByte(body.subarray(2));
  if (bad === -1 && reason.isComplete) return { code, faultAt: null };
  const faultAt = bad === -1 ? bodyAt + body.length - 1 : bodyAt + 2 + bad;
  return { code: INVALID_PAYLOAD, faultAt };
}

function readHeader(bytes, offset) {
  if (bytes.length < offset + 2) return null;
  const masked = (bytes[offset + 1] & 0x80) !== 0;
  const short = bytes[offset + 1] & 0x7f;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  const bodyAt = offset + 2 + lengthBytes + (masked ? 4 : 0);
  // A bad first byte tells enough, but no case sends less than a whole header.
  if (bytes.length < bodyAt) return null;
  let length = short;
  if (short === 126) length = bytes.readUInt16BE(offset + 2);
  if (short === 127) length = Number(bytes.readBigUInt64BE(offset + 2));
  return {
    fin: (bytes[offset] & 0x80) !== 0,
    reserved: (bytes[offset] & 0x70) !== 0,
    opcode: bytes[offset] & 0x0f,
    key: masked ? bytes.subarray(bodyAt - 4, bodyAt) : null,
    length,
    bodyAt,
  };
}

/** The payload of a frame without its mask, as much of it as there is. */
function bodyOf(bytes, { key, length, bodyAt }) {
  const body = bytes.subarray(bodyAt, bodyAt + length);
  return key ? Buffer.from(body).map((byte, i) => byte ^ key[i & 3]) : body;
}
