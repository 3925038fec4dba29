'use strict';

// The global is a getter.
const { Buffer } = require('buffer');
const { Writable } = require('stream');
const { isUint8Array } = require('util/types');

const {
  DEFAULT,
  READING_BLOB,
  blobFailed,
  blobRead,
} = require('./blob-reading');
const closeBody = require('./close-body');
const Connection = require('./connection');
const { EMPTY_BUFFER, NOOP, kOutput, kSocket } = require('./constants');
const errors = require('./errors');
const {
  BINARY,
  COMPRESS,
  FIN,
  HAS_KEY,
  MASK,
  OPCODE_SHIFT,
  READ_ONLY,
  STRING,
} = require('./frame-flags');
const { makeKey, sharedMaskBuffer } = require('./masking-key');
const {
  byteLength,
  isBlob,
  isMemory,
  lengthOf,
  toBytes,
} = require('./message-data');
const native = require('./native');
const NativeOutput = require('./native-output');
const StreamOutput = require('./stream-output');

// Taken once: a test that replaces the timers of the process for a while must
// not leave a flush unscheduled for good.
const { nextTick } = process;

const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

const MAX_CONTROL_PAYLOAD = 125;

/** For how many milliseconds more than `maxBufferedAmount` may wait. */
const PATIENCE = 250;

/** Bits of a frame's first byte. */
const FIN_BIT = 0x80;
const RSV1_BIT = 0x40;

/**
 * The sending half of a connection: makes frames and has them written, in the
 * order of the calls.
 */
class Sender {
  /**
   * @param {import('stream').Duplex} socket the socket to write to
   * @param {Record<string, any>} [extensions] the negotiated extensions
   * @param {(mask: Buffer) => void} [generateMask] fills in the masking key of
   *     each frame; by default keys are random
   * @param {Connection} [connection] the connection, if there is one already
   */
  constructor(socket, extensions, generateMask, connection = undefined) {
    this._extensions = extensions || {};
    setSocket(this, socket);
    this._generateMask = generateMask;
    this._maskBuffer = generateMask ? Buffer.alloc(4) : undefined;
    /** Where frames go. */
    this[kOutput] = connection?.isNative
      ? new NativeOutput(connection, socket)
      : new StreamOutput(connection ?? openEncoder(this._extensions), socket);

    /** Bytes that wait for a Blob, and those of the Blob. */
    this._bufferedBytes = 0;
    /** @type {(() => void)[]} what waits for a Blob */
    this._queue = [];
    /** @type {((error: Error) => void)[]} the callbacks of what waits */
    this._waiting = [];
    this._state = DEFAULT;
    /** The extension, while its options have not been checked. */
    this._unchecked = uncheckedDeflate(this._extensions);

    /** @type {(error: Error) => void} called when a Blob cannot be read */
    this.onerror = NOOP;

    /** Most bytes that may be buffered; 0 for no limit. */
    this._maxBufferedAmount = 0;
    /** @type {(most: number) => void} called when there are more for long */
    this.onoverflow = NOOP;
    /** There are more, and it is not known yet for how long. */
    this._isOver = false;
  }

  /**
   * The socket. One that nobody has asked for is made now.
   *
   * @private
   */
  get _socket() {
    const socket = this[kSocket];

    return socket?.toSocket ? socket.toSocket() : socket;
  }

  /** @private */
  set _socket(socket) {
    setSocket(this, socket);
  }

  /**
   * A frame (RFC 6455, section 5.2) for `sendFrame()`.
   *
   * @param {Buffer | string} data the payload
   * @param {object} options
   * @param {boolean} [options.fin=false] sets the FIN bit
   * @param {(mask: Buffer) => void} [options.generateMask] fills in the key
   * @param {boolean} [options.mask=false] masks the payload
   * @param {Buffer} [options.maskBuffer] where the key is made
   * @param {number} options.opcode the opcode
   * @param {boolean} [options.readOnly=false] the payload must not be changed
   * @param {boolean} [options.rsv1=false] sets the RSV1 bit
   * @returns {(Buffer | string)[]} header and payload, or both in one
   */
  static frame(data, options) {
    const { fin, generateMask, opcode, readOnly, rsv1 } = options;
    const maskBuffer = options.maskBuffer || sharedMaskBuffer;
    const key = options.mask ? makeKey(generateMask, maskBuffer) : undefined;
    // Only bytes can be masked; whatever else it is goes through otherwise.
    const isAsItIs = typeof data !== 'string' && (!key || isUint8Array(data));
    const payload = /** @type {any} */ (
      isAsItIs ? data : Buffer.from(/** @type {any} */ (data))
    );
    const size = isUint8Array(payload)
      ? lengthOf(payload)
      : Number(payload.length) || 0;
    const header = native.frameHeader(0, false, false, size, key);

    // The opcode may be missing, or be anything: a byte takes of it what it can.
    header[0] = fin ? opcode | FIN_BIT : opcode;
    if (rsv1) header[0] |= RSV1_BIT;

    if (size === 0) return [header];
    if (!key) return [header, payload];

    if (readOnly && typeof data !== 'string') {
      const frame = Buffer.alloc(header.length + size);

      frame.set(header);
      frame.set(payload, header.length);
      native.mask(frame.subarray(header.length), key);
      return [frame];
    }

    native.mask(payload, key);
    return [header, payload];
  }

  /**
   * Sends a close frame (RFC 6455, section 5.5.1).
   *
   * @param {number} [code] why the connection is closed; none by default
   * @param {string | Uint8Array} [reason] the same in words, at most 123 bytes
   * @param {boolean} [mask=false] masks the frame
   * @param {(error?: Error) => void} [callback] called when it is written
   * @throws {TypeError} if the code may not be sent, or the reason is neither
   *     a string nor bytes
   * @throws {RangeError} if the reason is too long
   */
  close(code, reason, mask, callback) {
    this._sendControl(CLOSE, closeBody(code, reason), mask, callback);
  }

  /**
   * Sends a ping (RFC 6455, section 5.5.2).
   *
   * @param {any} data the payload, at most 125 bytes
   * @param {boolean} [mask=false] masks the frame
   * @param {(error?: Error) => void} [callback] called when it is written
   * @throws {RangeError} if the payload is too long
   */
  ping(data, mask, callback) {
    this._sendControl(PING, data, mask, callback);
  }

  /**
   * Sends a pong (RFC 6455, section 5.5.3).
   *
   * @param {any} data the payload, at most 125 bytes
   * @param {boolean} [mask=false] masks the frame
   * @param {(error?: Error) => void} [callback] called when it is written
   * @throws {RangeError} if the payload is too long
   */
  pong(data, mask, callback) {
    this._sendControl(PONG, data, mask, callback);
  }

  /**
   * Sends a message, or a fragment of one.
   *
   * @param {any} data the payload
   * @param {object} options
   * @param {boolean} [options.binary=false] binary instead of text
   * @param {boolean} [options.compress=false] compresses it, if that has been
   *     negotiated
   * @param {boolean} [options.fin=false] this is the last fragment
   * @param {boolean} [options.mask=false] masks the frame
   * @param {(error?: Error) => void} [callback] called when it is written
   */
  send(data, options, callback) {
    let flags = 0;

    if (options.binary) flags |= BINARY;
    if (options.fin) flags |= FIN;
    if (options.compress) flags |= COMPRESS;
    if (options.mask) flags |= MASK;

    this.sendMessage(data, flags, callback);
  }

  /**
   * The same with the options as bits.
   *
   * @param {any} data the payload
   * @param {number} flags
   * @param {(error?: Error) => void} [callback] called when it is written
   */
  sendMessage(data, flags, callback) {
    let payload = data;

    if (typeof data === 'string') flags |= STRING;
    else if (Buffer.isBuffer(data)) flags |= READ_ONLY;
    else if (isBlob(data)) {
      this._sendBlob(data, callback, (bytes) => {
        this._writeMessage(bytes, flags, callback);
      });
      return;
    } else {
      payload = toBytes(data);
      if (isMemory(data)) flags |= READ_ONLY;
    }

    if (this._state === DEFAULT) this._writeMessage(payload, flags, callback);
    else {
      this._enqueue(byteLength(payload), callback, () => {
        this._writeMessage(payload, flags, callback);
      });
    }
  }

  /**
   * Writes a frame that `Sender.frame()` has made.
   *
   * @param {(Buffer | string)[]} list the frame
   * @param {(error?: Error) => void} [callback] called when it is written
   */
  sendFrame(list, callback) {
    if (callback) checkCallback(callback);
    this[kOutput].frame(list, callback);
  }

  /**
   * @param {any} payload a string or bytes
   * @param {number} flags
   * @param {((error?: Error) => void) | undefined} callback
   * @private
   */
  _writeMessage(payload, flags, callback) {
    if (flags & COMPRESS && this._unchecked !== null) {
      this._unchecked.checkOptions(byteLength(payload));
    }

    let key = 0;

    if (flags & MASK && this._generateMask) {
      key = makeKey(this._generateMask, this._maskBuffer);
      flags |= HAS_KEY;
    }

    if (this.sendFrame !== sendFrame) {
      const list = this[kOutput].encodeMessage(payload, flags, key);

      // What cannot be made is refused below.
      if (list) {
        this.sendFrame(list, callback);
        if (this._maxBufferedAmount > 0) this._checkBuffered();
        return;
      }
    }

    if (callback) checkCallback(callback);
    this[kOutput].message(payload, flags, key, callback);
    if (this._maxBufferedAmount > 0) this._checkBuffered();
  }

  /**
   * @param {number} opcode
   * @param {any} data the payload
   * @param {boolean | undefined} mask
   * @param {((error?: Error) => void) | undefined} callback
   * @private
   */
  _sendControl(opcode, data, mask, callback) {
    const blob = isBlob(data);
    const payload = typeof data === 'string' || blob ? data : toBytes(data);
    const size = byteLength(payload);

    if (size > MAX_CONTROL_PAYLOAD) throw errors.controlPayloadTooLong();

    let flags = opcode << OPCODE_SHIFT;

    if (mask) flags |= MASK;
    if (opcode !== CLOSE && isMemory(data)) flags |= READ_ONLY;

    const write = (bytes) => this._writeControl(bytes, flags, callback);

    if (blob) this._sendBlob(data, callback, write);
    else if (this._state === DEFAULT) write(payload);
    else this._enqueue(size, callback, () => write(payload));
  }

  /**
   * @param {any} payload a string or bytes
   * @param {number} flags
   * @param {((error?: Error) => void) | undefined} callback
   * @private
   */
  _writeControl(payload, flags, callback) {
    let key = 0;

    if (typeof payload === 'string') flags |= STRING;

    if (flags & MASK && this._generateMask) {
      key = makeKey(this._generateMask, this._maskBuffer);
      flags |= HAS_KEY;
    }

    const list =
      this.sendFrame === sendFrame
        ? null
        : this[kOutput].encodeControl(payload, flags, key);

    // What cannot be made is refused by the output.
    if (list !== null) this.sendFrame(list, callback);
    else {
      if (callback) checkCallback(callback);
      this[kOutput].control(payload, flags, key, callback);
    }

    // A close frame is the last, and has a timeout of its own.
    if (this._maxBufferedAmount > 0 && flags >> OPCODE_SHIFT !== CLOSE) {
      this._checkBuffered();
    }
  }

  /**
   * After something has been sent: ends a connection for which too much waits,
   * and still does a little later. A peer that reads is not to be ended for a
   * burst that nobody has had time to write.
   *
   * @private
   */
  _checkBuffered() {
    const most = this._maxBufferedAmount;

    if (this._isOver || this.bufferedBytes <= most) return;

    // What the system takes does not wait.
    this.flush();
    if (this.bufferedBytes <= most) return;

    this._isOver = true;
    // Not unref(): the connection is there as long.
    setTimeout(lookAgain, PATIENCE, this);
  }

  /**
   * @param {() => void} action what to do in a later tick, but not before the
   *     callbacks of what has been written
   */
  afterCallbacks(action) {
    this[kOutput].afterCallbacks(action);
  }

  /** Whether what is given to it is with its output at once. */
  get isDirect() {
    return (
      this._state === DEFAULT &&
      this.sendFrame === sendFrame &&
      this.close === close
    );
  }

  /** Bytes that were sent and have not been taken by the system. */
  get bufferedBytes() {
    return this[kOutput].bufferedBytes + this._bufferedBytes;
  }

  /** Lets go what was written in this turn. */
  flush() {
    this[kOutput].flush();
  }

  /**
   * Reads a Blob; meanwhile everything else waits.
   *
   * @param {Blob} blob
   * @param {((error?: Error) => void) | undefined} callback
   * @param {(bytes: Uint8Array) => void} write
   * @private
   */
  _sendBlob(blob, callback, write) {
    if (this._state !== DEFAULT) {
      this._enqueue(blob.size, callback, () => {
        this._sendBlob(blob, callback, write);
      });
      return;
    }

    this._bufferedBytes += blob.size;
    this._state = READING_BLOB;
    if (this._maxBufferedAmount > 0) this._checkBuffered();

    // Callbacks run outside the promise, so that what they throw is uncaught
    // as ever.
    blob.arrayBuffer().then(
      (bytes) => blobRead(this, blob, bytes, callback, write),
      (error) => nextTick(blobFailed, this, error, callback),
    );
  }

  /**
   * Keeps something until the Blob before it has been sent.
   *
   * @param {number} size in bytes
   * @param {((error?: Error) => void) | undefined} callback
   * @param {() => void} action
   * @private
   */
  _enqueue(size, callback, action) {
    this._bufferedBytes += size;
    this._waiting.push(callback);
    this._queue.push(() => {
      this._bufferedBytes -= size;
      action();
    });
    if (this._maxBufferedAmount > 0) this._checkBuffered();
  }

  /**
   * Does what waited, as far as the next Blob.
   */
  _dequeue() {
    while (this._state === DEFAULT && this._queue.length > 0) {
      this._waiting.shift();
      this._queue.shift()();
    }
  }
}

// Somebody who puts another in its place wants to see every frame.
const { close, sendFrame } = Sender.prototype;

module.exports = Sender;

/**
 * @param {any} sender
 * @param {any} socket its socket, or what there is in place of one
 */
function setSocket(sender, socket) {
  sender[kSocket] = socket;
}

/**
 * @param {Record<string, any>} extensions the negotiated extensions
 * @returns {import('./permessage-deflate') | null} the one that compresses, if
 *     its options may be wrong
 */
function uncheckedDeflate({ 'permessage-deflate': extension }) {
  return extension?._options?.zlibDeflateOptions ? extension : null;
}

/**
 * @param {Record<string, any>} extensions the negotiated extensions
 * @returns {Connection} one that only encodes
 */
function openEncoder(extensions) {
  const connection = new Connection(null, /** @type {any} */ (null), {});
  const perMessageDeflate = extensions['permessage-deflate'];

  connection.openStream({
    isServer: perMessageDeflate?._isServer,
    perMessageDeflate,
  });
  return connection;
}

/**
 * Refuses a callback that is none, before anything is made for its frame. A
 * stream takes it for the name of an encoding, and says so.
 *
 * @param {unknown} callback
 * @throws {TypeError} unless it is a function, or is the name of an encoding
 */
function checkCallback(callback) {
  if (typeof callback === 'function') return;

  new Writable({ write() {} }).write(
    EMPTY_BUFFER,
    /** @type {BufferEncoding} */ (callback),
  );
}

/**
 * Ends a connection for which too much waited, and does again.
 *
 * @param {Sender} sender
 */
function lookAgain(sender) {
  const most = sender._maxBufferedAmount;

  sender._isOver = false;
  if (sender.bufferedBytes > most) sender.onoverflow(most);
}
