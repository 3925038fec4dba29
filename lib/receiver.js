'use strict';

const { Writable } = require('stream');

const Connection = require('./connection');

/**
 * The receiving half of a connection by itself: bytes are written to it, and it
 * emits what they mean.
 *
 * Events: `message` (data, isBinary), `ping` (data), `pong` (data), `conclude`
 * (code, reason) when a close frame came; 1005 if it had no code. What breaks
 * the protocol is an `error` with a `WS_ERR_*` code, after which nothing more
 * is decoded.
 */
class Receiver extends Writable {
  /**
   * @param {object} [options]
   * @param {boolean} [options.allowSynchronousEvents=true] whether several
   *     `message`, `ping` and `pong` events may come in one tick
   * @param {string} [options.binaryType='nodebuffer'] how binary messages are
   *     given
   * @param {Record<string, any>} [options.extensions] the negotiated extensions
   * @param {boolean} [options.isServer=false] which end this is: a server's
   *     peer must mask its frames, a client's must not (RFC 6455, section 5.1)
   * @param {number} [options.maxBufferedChunks=0] most chunks that a part of a
   *     frame may arrive in; 0 for no limit
   * @param {number} [options.maxFragments=0] most fragments of a message; 0 for
   *     no limit
   * @param {number} [options.maxPayload=0] most bytes of a message; 0 for no
   *     limit
   * @param {boolean} [options.skipUTF8Validation=false] trust text to be UTF-8
   */
  constructor(options = {}) {
    super();

    this._connection = new Connection(this, events, options);
    this._connection.openStream({
      isServer: Boolean(options.isServer),
      maxBufferedChunks: options.maxBufferedChunks,
      maxFragments: options.maxFragments,
      maxPayload: options.maxPayload,
      perMessageDeflate: options.extensions?.['permessage-deflate'],
      skipUTF8Validation: options.skipUTF8Validation,
    });
    /** @type {Error | null} */
    this._failure = null;
    this._concluded = false;
    /** @type {(() => void) | null} what waits for events to be emitted */
    this._whenIdle = null;
  }

  /** How binary messages are given; may be changed at any time. */
  get _binaryType() {
    return this._connection.binaryType;
  }

  set _binaryType(type) {
    this._connection.setBinaryType(type);
  }

  /** Most bytes of a message; may be changed between messages. */
  get _maxPayload() {
    return this._connection._maxPayload;
  }

  set _maxPayload(value) {
    this._connection._maxPayload = value;
  }

  /**
   * @param {any} chunk bytes of the peer; they are unmasked where they are
   * @param {string} encoding unused
   * @param {(error?: Error | null) => void} callback called when their events
   *     have been emitted
   */
  _write(chunk, encoding, callback) {
    if (!this._concluded) this._connection.receive(chunk);

    if (this._failure !== null) callback(this._failure);
    else if (this._connection.isIdle) callback();
    else this._whenIdle = () => callback(this._failure);
  }
}

/** @type {import('./connection').Events} */
const events = {
  message(receiver, data, isBinary) {
    receiver.emit('message', data, isBinary);
  },
  ping(receiver, data) {
    receiver.emit('ping', data);
  },
  pong(receiver, data) {
    receiver.emit('pong', data);
  },
  conclude(receiver, code, reason) {
    receiver._concluded = true;
    receiver.emit('conclude', code, reason);
    receiver.end();
  },
  error(receiver, error) {
    receiver._failure = error;
  },
  idle(receiver) {
    const waiting = receiver._whenIdle;

    receiver._whenIdle = null;
    waiting?.();
  },
};

module.exports = Receiver;
