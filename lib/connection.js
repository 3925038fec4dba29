'use strict';

const { convert, convertFragments } = require('./binary-message');
const ConnectionCounters = require('./connection-counters');
const { EMPTY_BUFFER, kStatusCode } = require('./constants');
const { defer, newDeferred } = require('./deferred-events');
const { Kind } = require('./delivery');
const { DecoderSetting, describeConnection } = require('./connection-settings');
const native = require('./native');
const WriteCallbacks = require('./write-callbacks');

// Taken once: a test that replaces the timers of the process for a while must
// not leave a flush unscheduled for good.
const { nextTick } = process;

/** Gives a stream's connection up when nothing uses it any more. */
const abandoned = new FinalizationRegistry((id) => native.close(id));

/**
 * What a connection tells its owner.
 *
 * @typedef {object} Events
 * @property {(owner: any, data: any, isBinary: boolean) => void} message
 * @property {(owner: any, data: Buffer) => void} ping
 * @property {(owner: any, data: Buffer) => void} pong
 * @property {(owner: any, code: number, reason: Buffer) => void} conclude a
 *     close frame came; 1005 if it had no code
 * @property {(owner: any, error: Error) => void} error the peer broke a rule
 * @property {(owner: any, error: Error) => void} [failed] the same, when the
 *     time has come to tell
 * @property {(owner: any) => void} [overflow] what waits for the peer is too much
 *     for the process
 * @property {(owner: any) => void} idle events that had to wait for turns of
 *     their own have all been emitted
 */

/**
 * One connection of the native engine, seen from JavaScript: both its decoder,
 * whose events it hands to its owner, and its encoder.
 *
 * The socket is either taken over by the engine (`isNative`) or moved by Node:
 * then its bytes go through `receive()`, and frames are written by the sender.
 */
class Connection {
  /** The settings that `change()` knows. */
  static CHANGEABLE = Object.freeze([
    'maxPayload',
    'maxFragments',
    'maxBufferedChunks',
    'skipUTF8Validation',
  ]);

  /**
   * @param {any} owner whom the events concern
   * @param {Events} events what to do with them
   * @param {object} options
   * @param {boolean} [options.allowSynchronousEvents=true] whether several
   *     events may be emitted without ticks and microtasks between them
   * @param {string} [options.binaryType='nodebuffer'] how binary messages are
   *     given
   */
  constructor(owner, events, { allowSynchronousEvents = true, binaryType }) {
    this.id = -1;
    this.isNative = false;
    this.owner = owner;
    this.events = events;
    /** @type {any} what the connection was opened with, see `openStream()` */
    this.settings = null;
    /** @type {import('./receiver') | null} if somebody has asked for one */
    this.receiver = null;
    this.binaryType = binaryType || 'nodebuffer';
    /** @type {import('./pending-pongs') | null} if the engine writes them */
    this.pendingPongs = null;
    /** Whether the peer broke a rule. */
    this.violated = false;
    /** Whether the owner has been told that the peer broke a rule. */
    this.failed = false;
    /** The handle that stands in for the socket's, if the engine has it. */
    this.handle = null;
    /** Whom to tell when frames are written. */
    this.callbacks = new WriteCallbacks();
    /** Whether nothing more will be decoded. */
    this.inputEnded = false;
    /** @type {Buffer[] | null} the fragments of a message that is arriving */
    this.fragments = null;
    /** As it was given: anything may be. */
    this.allowSynchronousEvents = allowSynchronousEvents;
    /**
     * Events that wait for a turn of their own.
     *
     * @type {import('./deferred-events').Deferred | null}
     */
    this.deferred = newDeferred(allowSynchronousEvents);
    /** @type {import('./connection-counters') | null} */
    this.counters = null;
    this.paused = false;
    /** Whether what it is given to decode is memory that Node made for it. */
    this.sharesChunks = false;
    /** Whether the engine keeps what was read before it had the socket. */
    this.keepsHead = false;
  }

  /**
   * Gives a connection its owner that was there before it.
   *
   * @param {any} owner whom the events concern
   * @param {object} options as for the constructor
   * @param {boolean} [options.allowSynchronousEvents=true]
   * @param {string} [options.binaryType='nodebuffer']
   */
  setOwner(owner, { allowSynchronousEvents = true, binaryType }) {
    this.owner = owner;
    this.binaryType = binaryType || 'nodebuffer';
    this.allowSynchronousEvents = allowSynchronousEvents;
    this.deferred = newDeferred(allowSynchronousEvents);
  }

  /**
   * Opens the connection for bytes that Node moves.
   *
   * @param {any} options see `describeConnection()`
   */
  openStream(options) {
    this.settings = options;
    this.id = native.openStream(
      this,
      describeConnection(options, this.binaryType),
    );
    abandoned.register(this, this.id, this);
    this._setDictionaries();
  }

  /**
   * Opens the connection on a socket of its own.
   *
   * @param {any} options see `describeConnection()`
   * @param {number} fd the descriptor; the engine duplicates it
   * @param {string} response what to write first
   * @returns {boolean} false if the engine cannot have it
   */
  openSocket(options, fd, response) {
    const settings = describeConnection(options, this.binaryType);

    const id = native.openSocket(this, settings, fd, response);
    if (id < 0) return false;

    this._opened(id, options);
    return true;
  }

  /**
   * Opens the connection on a socket that the engine has had from its
   * beginning.
   *
   * @param {any} options see `describeConnection()`
   * @param {number} id of the connection to be
   * @param {string} response what to write first; empty for the usual
   * @returns {number} what the engine answers: see `admit()` in greet.rs
   */
  openAdmitted(options, id, response) {
    const settings = describeConnection(options, this.binaryType);
    const answer = native.admit(id, settings, response);

    this._opened(id, options);
    return answer;
  }

  /**
   * @param {number} id of the connection, whose socket the engine has
   * @param {any} options what it was opened with
   * @private
   */
  _opened(id, options) {
    this.counters = new ConnectionCounters(id);
    this.id = id;
    this.isNative = true;
    this.settings = options;
    this._setDictionaries();
  }

  /** @private */
  _setDictionaries() {
    const { perMessageDeflate } = this.settings;
    if (!perMessageDeflate?.params) return;

    const deflate = perMessageDeflate.deflateSettings.dictionary;
    const inflate = perMessageDeflate.inflateSettings.dictionary;

    if (deflate) native.setDictionary(this.id, deflate, false);
    if (inflate) native.setDictionary(this.id, inflate, true);
  }

  /**
   * Begins to read a socket that was taken over.
   *
   * @param {Uint8Array} head what had been read before; the engine may have more
   */
  start(head) {
    this.keepsHead = native.start(this.id, head) === 1;
  }

  /**
   * Decodes bytes that Node read. Its events happen within the call.
   *
   * @param {Uint8Array} chunk the bytes; they are unmasked where they are
   */
  receive(chunk) {
    if (this.isNative) this.start(chunk);
    else native.receive(this.id, chunk);
  }

  /** Bytes that the system does not take, if the engine has the socket. */
  get bufferedBytes() {
    return this.counters === null ? 0 : this.counters.buffered;
  }

  /**
   * The same for a program, which may wait for the socket's `drain` because of
   * them: an I/O thread is asked to say when it has written them.
   */
  get waitingBytes() {
    const { bufferedBytes, counters, handle } = this;

    // Of what the socket does not take it says so by itself.
    if (bufferedBytes > 0 && !counters.isBlocked) {
      handle.awaitDrain(bufferedBytes);
    }
    return bufferedBytes;
  }

  /** Bytes that were accepted since the engine has the socket. */
  get acceptedBytes() {
    return this.counters === null ? 0 : this.counters.accepted;
  }

  /** The same, but as many as they are, or will be, on the wire. */
  get wireBytes() {
    return this.counters === null ? 0 : this.counters.onTheWire;
  }

  /** Bytes that were written since the engine has the socket. */
  get writtenBytes() {
    return this.counters === null ? 0 : this.counters.written;
  }

  /**
   * Changes what is accepted, from the next frame or message on.
   *
   * @param {string} name one of `CHANGEABLE`
   * @param {any} value what it is to be
   */
  change(name, value) {
    this.settings[name] = value;
    native.changeDecoder(this.id, DecoderSetting[name], value | 0);
  }

  /**
   * @param {string} type how binary messages are given from now on
   */
  setBinaryType(type) {
    const keeps = type === 'fragments';

    if (keeps !== (this.binaryType === 'fragments')) {
      native.changeDecoder(
        this.id,
        DecoderSetting.keepFragments,
        Number(keeps),
      );
    }

    this.binaryType = type;
  }

  /**
   * @param {boolean} wanted whether the bytes are also handed over as they are
   *     read
   */
  tap(wanted) {
    native.setTapped(this.id, wanted);
  }

  /** Stops reading. What has been read already still comes. */
  pause() {
    this.paused = true;
    if (this.isNative) native.pause(this.id);
  }

  /** Reads again. */
  resume() {
    this.paused = false;
    if (!this.isNative || this.deferred?.running) return;

    native.resume(this.id);

    if (this.keepsHead) {
      this.keepsHead = false;
      nextTick(() => {
        if (this.paused) this.keepsHead = true;
        else native.start(this.id, EMPTY_BUFFER);
      });
    }
  }

  /** Writes what waits. Its callbacks are called in the next tick. */
  flush() {
    this.callbacks.hold();
    native.flushNow(this.id);
    this.callbacks.release();
  }

  /** What waits for the peer is too much for the process. */
  overflowed() {
    this.events?.overflow?.(this.owner);
  }

  /** Nothing more is told to the owner, whatever may still come. */
  silence() {
    this.events = SILENCE;

    if (this.receiver !== null) {
      this.receiver.end();
      this.receiver.removeAllListeners();
    }
  }

  /** Gives the connection up. A native one still tells when it is closed. */
  close() {
    native.close(this.id);
    if (!this.isNative) abandoned.unregister(this);
  }

  /**
   * Whether everything that arrived has been handed to the owner.
   *
   * @returns {boolean}
   */
  get isIdle() {
    return this.deferred === null || this.deferred.queue.length === 0;
  }

  /**
   * @param {() => void} action what to do once everything that arrived has been
   *     handed to the owner
   */
  whenIdle(action) {
    if (this.isIdle) action();
    else this.deferred.queue.push({ kind: 0, detail: 0, payload: action });
  }

  /**
   * An event of the decoder.
   *
   * @param {number} kind one of `Kind`
   * @param {number} detail what the kind says
   * @param {any} payload a Buffer, or an error
   */
  handleEvent(kind, detail, payload) {
    if (this.deferred === null) this.emit(kind, detail, payload);
    else defer(this, kind, detail, payload);
  }

  /**
   * News of the socket.
   *
   * @param {number} kind one of `Kind`
   * @param {number} detail what the kind says
   */
  handleNote(kind, detail) {
    switch (kind) {
      case Kind.SENT:
        this.callbacks.written(detail);
        break;
      case Kind.OVERFLOWED:
        this.overflowed();
        break;
      case Kind.CLOSED:
        // The counters will soon be somebody else's.
        this.counters = null;
        this.whenIdle(() => this.handle.handleNote(kind, detail));
        break;
      default:
        this.handle.handleNote(kind, detail);
    }
  }

  /**
   * Hands an event to the owner.
   *
   * @param {number} kind one of `Kind`
   * @param {number} detail what the kind says
   * @param {any} payload a Buffer, or an error
   */
  emit(kind, detail, payload) {
    const { events, owner } = this;

    switch (kind) {
      case Kind.TEXT:
        events.message(owner, payload, false);
        break;
      case Kind.BINARY:
        if (this.fragments === null) {
          events.message(owner, convert(payload, this.binaryType), true);
        } else {
          // The binary type was 'fragments' when the message began.
          this.fragments.push(payload);
          this.emit(Kind.FRAGMENTS_END, 0, undefined);
        }
        break;
      case Kind.FRAGMENT:
        (this.fragments ??= []).push(payload);
        break;
      case Kind.FRAGMENTS_END: {
        const fragments = this.fragments ?? [];

        this.fragments = null;
        events.message(
          owner,
          convertFragments(fragments, this.binaryType),
          true,
        );
        break;
      }
      case Kind.PING:
        events.ping(owner, payload);
        break;
      case Kind.PONG:
        events.pong(owner, payload);
        break;
      case Kind.CLOSE:
        this.inputEnded = true;
        events.conclude(owner, detail, copyOf(payload));
        break;
      case Kind.VIOLATION:
        this.inputEnded = true;
        this.violated = true;
        events.error(owner, withCloseCode(payload, detail));
        break;
      case Kind.RAW:
        this.handle.handleBytes(payload);
        break;
      default:
        payload();
    }
  }
}

module.exports = Connection;

const nothing = () => {};

/** @type {Events} */
const SILENCE = Object.freeze({
  message: nothing,
  ping: nothing,
  pong: nothing,
  conclude: nothing,
  error: nothing,
  idle: nothing,
});

/**
 * A close reason is kept as long as its WebSocket, and must not keep a slab
 * alive for so long.
 *
 * @param {Buffer} bytes
 * @returns {Buffer} a copy in memory of its own
 */
function copyOf(bytes) {
  if (bytes.length === 0) return EMPTY_BUFFER;

  const copy = Buffer.allocUnsafeSlow(bytes.length);

  copy.set(bytes);
  return copy;
}

/**
 * @param {any} error an error made by the engine
 * @param {number} closeCode what the peer is told
 * @returns {any}
 */
function withCloseCode(error, closeCode) {
  // zlib's errors have a number, too.
  if (error.code === 'Z_DATA_ERROR') error.errno = -3;

  error[kStatusCode] = closeCode;
  return error;
}
