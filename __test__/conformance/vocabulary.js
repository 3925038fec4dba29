'use strict';

/**
 * The words in which rows are written: frames that a peer sends, and what must
 * be seen of them.
 *
 * @module vocabulary
 */

const { createHash } = require('node:crypto');
const { OPCODE, closePayload } = require('../support/frames');

const BOTH_ROLES = ['server', 'client'];

/** Between two steps of `send`: what follows comes in a TCP segment of its own, when this has been read. */
const CUT = Symbol('cut');

/** The longest payload that is written out. */
const WRITTEN_OUT = 24;

/**
 * A frame, to be masked as the role demands.
 *
 * @param {keyof typeof OPCODE | number} kind its opcode
 * @param {string | Buffer} [payload]
 * @param {object} [more] other fields of `buildFrame()`
 */
function frame(kind, payload = '', more = {}) {
  const opcode = typeof kind === 'number' ? kind : OPCODE[kind];
  return { opcode, payload, ...more };
}

const text = (payload, more) => frame('TEXT', payload, more);
const binary = (payload, more) => frame('BINARY', payload, more);
const continuation = (payload, more) => frame('CONTINUATION', payload, more);
const ping = (payload, more) => frame('PING', payload, more);
const pong = (payload, more) => frame('PONG', payload, more);

/** A close frame; without a code it has no body. */
function close(code, reason) {
  return frame('CLOSE', code === undefined ? '' : closePayload(code, reason));
}

/** Marks a frame as one that others of its message follow. */
function unfinished(start) {
  return { ...start, fin: false };
}

/** A step of `send`: each byte of these frames comes in a segment of its own. */
function bytewise(...frames) {
  return { bytewise: frames };
}

/** A step of `send`: a frame, and a new segment begins behind so many bytes of its payload. */
function split(frame, at) {
  return { split: frame, at };
}

/** A step of `send`: a frame in so many segments, of which all but the first have one byte. */
function inSegments(frame, count) {
  return { pieces: frame, count };
}

/**
 * How a payload appears in what is seen: short text as it is, other bytes in
 * hexadecimal, long ones as their number and a digest.
 *
 * @param {string} what the kind of the message or frame
 * @param {string | Buffer} [payload]
 * @returns {string}
 */
function seen(what, payload = '') {
  const bytes = Buffer.from(payload);
  if (bytes.length === 0) return what;
  if (bytes.length > WRITTEN_OUT) {
    const digest = createHash('sha1').update(bytes).digest('hex');
    return `${what} ${bytes.length} bytes #${digest.slice(0, 8)}`;
  }
  const written = bytes.every((byte) => byte >= 0x20 && byte < 0x7f)
    ? JSON.stringify(bytes.toString())
    : bytes.toString('hex').replace(/..(?=.)/g, '$& ');
  return `${what} ${written}`;
}

/**
 * The peer's frames are taken, and so is the close frame that the runner sends
 * behind them.
 *
 * @param {string[]} [api] events before `close`
 * @param {string[]} [wire] frames that the peer gets before the close frame
 */
function accepted(api = [], wire = []) {
  return { api: [...api, 'close 1000'], wire: [...wire, 'close 1000'] };
}

/**
 * The connection is failed, RFC 6455, section 7.1.7.
 *
 * @param {number} code in the close frame that the peer gets
 * @param {string} error the `code` of the `error` event
 * @param {string[]} [api] events before that
 * @param {string[]} [wire] frames before the close frame
 */
function failed(code, error, api = [], wire = []) {
  return {
    api: [...api, `error ${error}`, 'close 1006'],
    wire: [...wire, `close ${code}`],
  };
}

/** The connection ends without a close frame from either side. */
function cutOff(api = [], wire = []) {
  return { api: [...api, 'close 1006'], wire };
}

module.exports = {
  BOTH_ROLES,
  CUT,
  accepted,
  binary,
  bytewise,
  close,
  continuation,
  cutOff,
  failed,
  frame,
  inSegments,
  ping,
  pong,
  seen,
  split,
  text,
  unfinished,
};
