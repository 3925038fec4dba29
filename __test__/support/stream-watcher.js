'use strict';

const { OPCODE } = require('./frames');

/** The end of a handshake. */
const HEAD_END = '\r\n\r\n';

/** Knows where the frames and messages of one direction of a connection begin and end, without keeping them. */
class StreamWatcher {
  constructor() {
    /** How much of the stream has been looked at. */
    this._offset = 0;
    this._inHandshake = true;
    /** The bytes of a frame's header, or the last few of the handshake. */
    this._header = [];
    /** What is still to come of a frame's payload. */
    this._payload = 0;
    this._places = new Map();
    /** Where each message ends. */
    this._messageEnds = [];
  }

  /** @param {Buffer} chunk */
  push(chunk) {
    let at = 0;
    while (at < chunk.length) {
      const skipped = Math.min(this._payload, chunk.length - at);
      this._payload -= skipped;
      this._offset += skipped;
      at += skipped;
      if (at === chunk.length) return;

      this._header.push(chunk[at++]);
      this._offset++;
      if (this._inHandshake) this._endHandshake();
      else this._endHeader();
    }
  }

  /**
   * @param {number} length
   * @returns {number} how many messages end within so many bytes
   */
  messagesWithin(length) {
    return this._messageEnds.filter((end) => end <= length).length;
  }

  /**
   * @param {string} place of which the first is asked for
   * @returns {number} Infinity as long as there is none
   */
  offsetOf(place) {
    return this._places.get(place) ?? Infinity;
  }

  _endHandshake() {
    this._header = this._header.slice(-HEAD_END.length);
    if (String.fromCharCode(...this._header) !== HEAD_END) return;
    this._inHandshake = false;
    this._header = [];
    this._note('behind the handshake', this._offset);
  }

  _endHeader() {
    const [flags, second] = this._header;
    const short = second & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const size = 2 + lengthBytes + (second & 0x80 ? 4 : 0);
    if (second === undefined || this._header.length < size) return;

    this._payload = short;
    if (lengthBytes > 0) {
      this._payload = this._header
        .slice(2, 2 + lengthBytes)
        .reduce((length, byte) => length * 256 + byte, 0);
    }
    this._header = [];
    this._noteFrame(flags & 0x0f, flags >= 0x80, this._offset - size);
  }

  _noteFrame(opcode, isLast, start) {
    const end = this._offset + this._payload;
    if (opcode === OPCODE.CLOSE) {
      this._note('before the close frame', start);
      this._note('behind the close frame', end);
    }
    if (opcode > OPCODE.BINARY) return;

    if (isLast) this._messageEnds.push(end);
    else this._note('between fragments', end);
    if (this._payload > 1) {
      this._note('within a frame', this._offset + (this._payload >> 1));
    }
  }

  /** The first is kept. */
  _note(place, offset) {
    if (!this._places.has(place)) this._places.set(place, offset);
  }
}

module.exports = { StreamWatcher };
