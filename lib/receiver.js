'use strict';

// The global is a getter.
const { Buffer } = require('buffer');
const { Writable } = require('stream');
const { isSharedArrayBuffer } = require('util/types');

const Connection = require('./connection');
const { BINARY_TYPES, kConnection } = require('./constants');

// Taken once: a test that replaces the timers of the process for a while must
// not keep an error back for good.
const { nextTick } = process;

/**
 * The receiving half of a connection by itself: bytes are written to it, and it
 * emits what they mean.
 *
 * Events: `message` (data, isBinary), `ping` (data), `pong` (data), `conclude`
 * (code, reason) when a close frame came; 1005 if it had no code. What breaks
 * the protocol is an `error` with a `WS_ERR_*` code, after which nothing more
 * is decoded.
 *
 * It is also what a WebSocket has for `_receiver`. The events of its connection
 * pass through it from when somebody first asks for it, so that listeners may
 * be added and taken away here.
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

    /** @type {Connection} */
    this[kConnection] = options[kConnection] ?? openConnection(this, options);
    /** @type {Error | null} */
    this._failure = null;
    this._concluded = false;
    /** @type {(() => void) | null} what waits for events to be emitted */
    this._whenIdle = null;
    /** @type {unknown[] | null} what listeners threw, within `write()` */
    this._thrown = null;
  }

  /**
   * The receiver of a connection.
   *
   * @param {Connection} connection one that has an owner
   * @returns {Receiver} always the same for a connection
   */
  static of(connection) {
    return (connection.receiver ??= standBetween(connection));
  }

  /** How binary messages are given; may be changed at any time. */
  get _binaryType() {
    return this[kConnection].binaryType;
  }

  set _binaryType(type) {
    this[kConnection].setBinaryType(type);
  }

  /** Whether several events may come in one tick. */
  get _allowSynchronousEvents() {
    return this[kConnection].allowSynchronousEvents;
  }

  /** The negotiated extensions. */
  get _extensions() {
    const { perMessageDeflate } = this[kConnection].settings;

    return perMessageDeflate ? { 'permessage-deflate': perMessageDeflate } : {};
  }

  /** Which end this is. */
  get _isServer() {
    return Boolean(this[kConnection].settings.isServer);
  }

  /** Whether the peer broke the protocol. */
  get _errored() {
    return this._failure !== null;
  }

  /**
   * @param {any} chunk bytes of the peer; they are unmasked where they are
   * @param {string} encoding unused
   * @param {(error?: Error | null) => void} callback called when their events
   *     have been emitted
   */
  _write(chunk, encoding, callback) {
    this._thrown = [];
    if (!this._concluded) this[kConnection].receive(ownBytes(chunk));

    const [first, ...others] = this._thrown;
    const hasThrown = this._thrown.length > 0;

    this._thrown = null;
    for (const error of others) nextTick(rethrow, error);
    // It comes out of `write()`, and nothing more is taken.
    if (hasThrown) throw first;

    if (this._failure !== null) callback(this._failure);
    else if (this[kConnection].isIdle) callback();
    else this._whenIdle = () => callback(this._failure);
  }
}

for (const name of Connection.CHANGEABLE) {
  Object.defineProperty(Receiver.prototype, `_${name}`, {
    configurable: true,
    get() {
      return this[kConnection].settings[name];
    },
    set(value) {
      this[kConnection].change(name, value);
    },
  });
}

module.exports = Receiver;

/** @type {import('./connection').Events} */
const events = {
  message(receiver, data, isBinary) {
    emit(receiver, 'message', data, isBinary);
  },
  ping(receiver, data) {
    emit(receiver, 'ping', data);
  },
  pong(receiver, data) {
    emit(receiver, 'pong', data);
  },
  conclude(receiver, code, reason) {
    receiver._concluded = true;
    emit(receiver, 'conclude', code, reason);
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

/**
 * Emits an event. What a listener throws is kept until all events of a `write()`
 * have been emitted.
 *
 * @param {Receiver} receiver
 * @param {string} name
 * @param {...any} args
 */
function emit(receiver, name, ...args) {
  if (receiver._thrown === null) {
    receiver.emit(name, ...args);
    return;
  }

  try {
    receiver.emit(name, ...args);
  } catch (error) {
    receiver._thrown.push(error);
  }
}

/**
 * @param {any} chunk
 * @returns {any} the same, or a copy if another thread may write to it: what the
 *     engine decodes must not change under its hands
 */
function ownBytes(chunk) {
  return isSharedArrayBuffer(chunk.buffer) ? Buffer.from(chunk) : chunk;
}

/** @param {unknown} error */
function rethrow(error) {
  throw error;
}

/**
 * @param {Receiver} receiver
 * @param {any} options those of the constructor
 * @returns {Connection}
 */
function openConnection(receiver, options) {
  const { allowSynchronousEvents, binaryType } = options;
  const connection = new Connection(receiver, events, {
    allowSynchronousEvents,
    // What is none of the others gives fragments.
    binaryType:
      !binaryType || BINARY_TYPES.includes(binaryType)
        ? binaryType
        : 'fragments',
  });

  connection.openStream({
    isServer: Boolean(options.isServer),
    maxBufferedChunks: options.maxBufferedChunks | 0,
    maxFragments: options.maxFragments | 0,
    maxPayload: options.maxPayload | 0,
    perMessageDeflate: options.extensions?.['permessage-deflate'],
    skipUTF8Validation: Boolean(options.skipUTF8Validation),
  });
  return connection;
}

/**
 * Leads the events of a connection to its owner through a receiver.
 *
 * @param {Connection} connection
 * @returns {Receiver}
 */
function standBetween(connection) {
  const { owner, events: direct } = connection;
  const receiver = new Receiver(
    /** @type {any} */ ({ [kConnection]: connection }),
  );

  receiver.on('message', (data, isBinary) => {
    direct.message(owner, data, isBinary);
  });
  receiver.on('ping', (data) => direct.ping(owner, data));
  receiver.on('pong', (data) => direct.pong(owner, data));
  receiver.on('conclude', (code, reason) => {
    direct.conclude(owner, code, reason);
  });
  receiver.on('error', (error) => direct.failed(owner, error));
  receiver.on('drain', () => direct.idle(owner));

  connection.owner = receiver;
  connection.events = {
    ...events,
    error(_, error) {
      receiver._failure = error;
      nextTick(() => {
        receiver.emit('error', error);
        receiver.destroy();
      });
    },
    overflow() {
      direct.overflow?.(owner);
    },
    idle() {
      events.idle(receiver);
      direct.idle(owner);
    },
  };
  return receiver;
}
