'use strict';

const zlib = require('zlib');

const { kStatusCode } = require('./constants');
const {
  checkResponse,
  chooseOffer,
  createOffer,
  normalizeParameters,
} = require('./deflate-negotiation');
const errors = require('./errors');
const { isMemory, toBytes } = require('./message-data');
const native = require('./native');

const DEFAULT_THRESHOLD = 1024;
const DEFAULT_WINDOW_BITS = 15;
const INVALID_DATA = 1007;

/** @typedef {import('./deflate-negotiation').DeflateParameters} DeflateParameters */

/**
 * The permessage-deflate extension (RFC 7692) of one connection: it negotiates,
 * and it compresses and decompresses on request.
 *
 * A connection uses the negotiated `params` and the options inside the native
 * engine; `compress()` and `decompress()` are for code that works with the
 * extension by itself. The contexts are made when they are first needed.
 */
class PerMessageDeflate {
  /**
   * @param {object} [options]
   * @param {boolean | number} [options.clientMaxWindowBits] as a client: offer
   *     this many window bits; `true` or nothing lets the server choose,
   *     `false` does not offer the parameter. As a server: ask for this many
   * @param {boolean} [options.clientNoContextTakeover=false] ask that the
   *     client forgets its window after each message
   * @param {number} [options.concurrencyLimit=10] accepted because `ws` has it;
   *     nothing here queues for Node's thread pool, so there is nothing to limit
   * @param {boolean} [options.isServer=false] which end this is
   * @param {number} [options.maxPayload=0] the most bytes that a message may
   *     inflate to; 0 for no limit
   * @param {boolean | number} [options.serverMaxWindowBits] as a client: ask
   *     for this many. As a server: use this many; `false` rejects an offer
   *     that asks for any
   * @param {boolean} [options.serverNoContextTakeover=false] ask for, or
   *     announce, that the server forgets its window after each message;
   *     `false` as a server rejects an offer that asks for it
   * @param {number} [options.threshold=1024] without context takeover,
   *     messages of fewer bytes are not compressed
   * @param {zlib.ZlibOptions} [options.zlibDeflateOptions] options of the
   *     compressor; `level`, `memLevel`, `strategy` and `dictionary` have an
   *     effect
   * @param {zlib.ZlibOptions} [options.zlibInflateOptions] options of the
   *     decompressor; `dictionary` has an effect
   */
  constructor(options) {
    this._options = options || {};
    this._threshold =
      this._options.threshold === undefined
        ? DEFAULT_THRESHOLD
        : this._options.threshold;
    this._maxPayload = this._options.maxPayload | 0;
    this._isServer = Boolean(this._options.isServer);
    this._deflate = null;
    this._inflate = null;
    /** @type {Job[]} */
    this._jobs = [];

    /** Whether zlib would take `zlibDeflateOptions`. */
    this._isChecked = this._options.zlibDeflateOptions === undefined;

    /** @type {DeflateParameters | null} */
    this.params = null;
  }

  /** @returns {string} the name under which the extension is negotiated */
  static get extensionName() {
    return 'permessage-deflate';
  }

  /**
   * @returns {object} the parameters of a client's offer, by the options
   */
  offer() {
    return createOffer(this._options);
  }

  /**
   * Chooses among a client's offers, or checks a server's response. The result
   * is kept in `params`.
   *
   * @param {Record<string, any>[]} configurations what `extension.parse()`
   *     found for this extension; the objects are changed
   * @returns {DeflateParameters} what both ends now agree on
   * @throws {Error} if a parameter is unknown or repeated, or nothing here is
   *     acceptable
   * @throws {TypeError} if a parameter has a value it cannot have
   */
  accept(configurations) {
    normalizeParameters(configurations, this._isServer);

    this.params = this._isServer
      ? chooseOffer(configurations, this._options)
      : checkResponse(configurations[0], this._options);

    return this.params;
  }

  /**
   * The options of the compressor as numbers, with the negotiated window.
   *
   * @returns {{ level: number, memLevel: number, strategy: number,
   *     windowBits: number, noContextTakeover: boolean, dictionary?: any }}
   */
  get deflateSettings() {
    const { dictionary, level, memLevel, strategy } = readable(
      this._options.zlibDeflateOptions,
    );
    const end = this._isServer ? 'server' : 'client';

    return {
      level: numberOr(zlib.constants.Z_DEFAULT_COMPRESSION, level),
      memLevel: numberOr(zlib.constants.Z_DEFAULT_MEMLEVEL, memLevel),
      strategy: numberOr(zlib.constants.Z_DEFAULT_STRATEGY, strategy),
      windowBits: windowBits(this.params, end),
      noContextTakeover: Boolean(this.params[`${end}_no_context_takeover`]),
      dictionary: isMemory(dictionary) ? toBytes(dictionary) : undefined,
    };
  }

  /**
   * What the decompressor has to know.
   *
   * @returns {{ windowBits: number, noContextTakeover: boolean,
   *     dictionary?: any }}
   */
  get inflateSettings() {
    const peer = this._isServer ? 'client' : 'server';
    const { dictionary } = readable(this._options.zlibInflateOptions);

    return {
      windowBits: windowBits(this.params, peer),
      noContextTakeover: Boolean(this.params[`${peer}_no_context_takeover`]),
      dictionary: isMemory(dictionary) ? toBytes(dictionary) : undefined,
    };
  }

  /**
   * Has zlib check `zlibDeflateOptions`, before the first message is compressed.
   *
   * @param {number} [size=Infinity] of a message, in bytes
   * @throws {RangeError | TypeError} zlib's error, if one is out of range
   */
  checkOptions(size = Infinity) {
    if (this._isChecked) return;

    const { noContextTakeover, windowBits } = this.deflateSettings;
    // Messages that are not compressed anyway do not need a compressor.
    if (noContextTakeover && !(size >= this._threshold)) return;

    zlib
      .createDeflateRaw({ ...this._options.zlibDeflateOptions, windowBits })
      .close();
    this._isChecked = true;
  }

  /**
   * Releases the contexts. What was being compressed or decompressed ends in an
   * error.
   */
  cleanup() {
    const jobs = this._jobs;

    this._jobs = [];
    this._deflate = null;
    this._inflate = null;

    for (const job of jobs) {
      clearImmediate(job.timer);
      job.callback(errors.compressionInterrupted(job.direction));
    }
  }

  /**
   * Compresses one fragment of a message.
   *
   * @param {Buffer | string} data the fragment
   * @param {boolean} fin whether it is the last one of the message
   * @param {(error: Error | null, data?: Buffer) => void} callback called in a
   *     later turn of the event loop, calls in order
   */
  compress(data, fin, callback) {
    const bytes = toBytes(data);

    this.checkOptions();
    this._schedule('deflate', callback, () => {
      this._deflate ??= createDeflater(this.deflateSettings);
      return this._deflate.compress(bytes, fin);
    });
  }

  /**
   * Decompresses one fragment of a message.
   *
   * @param {Buffer} data the fragment
   * @param {boolean} fin whether it is the last one of the message
   * @param {(error: Error | null, data?: Buffer) => void} callback called in a
   *     later turn of the event loop, calls in order. An error has a `code`:
   *     `WS_ERR_UNSUPPORTED_MESSAGE_LENGTH`, or the one of zlib
   */
  decompress(data, fin, callback) {
    const bytes = toBytes(data);

    this._schedule('inflate', callback, () => {
      this._inflate ??= createInflater(this);

      try {
        return this._inflate.decompress(bytes, fin);
      } catch (error) {
        // What follows in a broken stream means nothing: the next fragment
        // meets a new context.
        this._inflate = null;
        throw toInflateError(error);
      }
    });
  }

  /**
   * In `ws` this one does not wait its turn in the thread pool, which is not
   * used here.
   *
   * @param {Buffer | string} data
   * @param {boolean} fin
   * @param {(error: Error | null, data?: Buffer) => void} callback
   * @private
   */
  _compress(data, fin, callback) {
    this.compress(data, fin, callback);
  }

  /**
   * See `_compress()`.
   *
   * @param {Buffer} data
   * @param {boolean} fin
   * @param {(error: Error | null, data?: Buffer) => void} callback
   * @private
   */
  _decompress(data, fin, callback) {
    this.decompress(data, fin, callback);
  }

  /**
   * Does some work in a later turn of the event loop.
   *
   * @param {'deflate' | 'inflate'} direction what the work does
   * @param {(error: Error | null, data?: Buffer) => void} callback its result
   * @param {() => Buffer} work the work
   * @private
   */
  _schedule(direction, callback, work) {
    /** @type {Job} */
    const job = {
      callback,
      direction,
      timer: setImmediate(() => {
        this._jobs.shift();

        let data;

        try {
          data = work();
        } catch (error) {
          callback(error, undefined);
          return;
        }

        callback(null, data);
      }),
    };

    this._jobs.push(job);
  }
}

module.exports = PerMessageDeflate;

/**
 * Work that has been asked for and not been done.
 *
 * @typedef {object} Job
 * @property {(error: Error | null, data?: Buffer) => void} callback
 * @property {'deflate' | 'inflate'} direction
 * @property {NodeJS.Immediate} timer
 */

/**
 * @param {PerMessageDeflate['deflateSettings']} settings
 * @returns {any} a native compressor for what this end sends
 */
function createDeflater(settings) {
  return new native.Deflater(
    settings.level,
    // zlib has no raw stream of 8 bits; like Node, use the next larger window.
    Math.max(9, settings.windowBits),
    settings.noContextTakeover,
    settings.memLevel,
    settings.strategy,
    settings.dictionary,
  );
}

/**
 * Options that throw when they are read do so when something is compressed, as
 * options that are wrong do, and not amid a handshake.
 *
 * @param {any} options
 * @returns {any} a copy of them; empty if they cannot be read
 */
function readable(options) {
  try {
    return { ...options };
  } catch {
    return {};
  }
}

/**
 * @param {number} fallback
 * @param {any} value an option of zlib
 * @returns {number} the value; the fallback if it is none, as zlib has it
 */
function numberOr(fallback, value) {
  return typeof value === 'number' && !Number.isNaN(value) ? value : fallback;
}

/**
 * @param {PerMessageDeflate} extension
 * @returns {any} a native decompressor for what the other end sends
 */
function createInflater({ _maxPayload, inflateSettings }) {
  return new native.Inflater(
    inflateSettings.windowBits,
    inflateSettings.noContextTakeover,
    Math.max(0, _maxPayload),
    inflateSettings.dictionary,
  );
}

/**
 * @param {DeflateParameters} params the negotiated parameters
 * @param {'client' | 'server'} end the end that compresses
 * @returns {number} the base-2 logarithm of its window
 */
function windowBits(params, end) {
  const bits = params[`${end}_max_window_bits`];

  return typeof bits === 'number' ? bits : DEFAULT_WINDOW_BITS;
}

/**
 * @param {any} error what the native decompressor threw
 * @returns {errors.CodedError} the error as users know it
 */
function toInflateError(error) {
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return errors.payloadTooLarge();
  }

  if (zlib.constants[error.code] !== undefined) {
    error.errno = zlib.constants[error.code];
  }

  error[kStatusCode] = INVALID_DATA;
  return error;
}
