'use strict';

/*
 * Messages that know themselves. Each says whose it is and which one, `12:3:500|`, and what follows is known from that:
 * a message that is lost, doubled, out of order, cut or changed shows at its receiver.
 */

const { SeededRandom } = require('../random');

/** The largest body there is. */
const LARGEST = 4 * 1024 * 1024;

/** Sixteen different bytes only, so that compressing them is worth it. */
const BYTES = new SeededRandom(1).bytes(LARGEST).map((byte) => byte & 0x0f);

/** One character of each length that UTF-8 has. */
const UNIT = 'a\u00f1\u20ac\u{1f600}';
const UNIT_BYTES = Buffer.byteLength(UNIT);
const TEXT = UNIT.repeat(Math.ceil(LARGEST / UNIT_BYTES));
const TEXT_BYTES = Buffer.from(TEXT);

/**
 * @param {number} id the connection
 * @param {number} sequence which message of this end of it
 * @param {object} kind
 * @param {number} kind.size of the body, in bytes; that of a text is rounded down
 * @param {boolean} kind.text
 * @returns {Buffer | string}
 */
function buildMessage(id, sequence, { size, text }) {
  if (!text) {
    const head = Buffer.from(`${id}:${sequence}:${size}|`);
    return Buffer.concat([head, BYTES.subarray(0, size)]);
  }
  const units = Math.floor(size / UNIT_BYTES);
  const body = TEXT.slice(0, units * UNIT.length);
  return `${id}:${sequence}:${units * UNIT_BYTES}|${body}`;
}

/**
 * @param {number} id
 * @param {number} sequence
 * @param {Buffer} data what arrived
 * @param {boolean} isBinary
 * @returns {string | null} what is wrong with it
 */
function faultOf(id, sequence, data, isBinary) {
  const end = data.indexOf('|') + 1;
  const head = data.toString('latin1', 0, end);
  const size = data.length - end;
  if (head !== `${id}:${sequence}:${size}|`) {
    return `message ${sequence} expected, ${head || 'no head'} came with ${size} bytes behind it`;
  }
  const expected = (isBinary ? BYTES : TEXT_BYTES).subarray(0, size);
  return expected.equals(data.subarray(end)) ? null : `${head} was changed`;
}

module.exports = { LARGEST, buildMessage, faultOf };
