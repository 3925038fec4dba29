'use strict';

/**
 * The settings of the engine. They hold for connections that are opened
 * afterwards, in the thread (main or worker) that makes them; but limits hold
 * for all connections of the process.
 *
 * @module configure
 */

const errors = require('./errors');
const limits = require('./limits');
const native = require('./native');
const settings = require('./settings');

const AUTO = -1;
/** Every connection moves whenever it can: for hawser's own tests. */
const RESTLESS = -2;
const MAX_IO_THREADS = 64;
/** Options that are booleans: 0 or 1 in the environment. */
const SWITCHES = ['nativeHandshake', 'takeover'];

configureByEnvironment();
limitByEnvironment();

module.exports = configure;

/**
 * Sets the engine up. To be called before the first connection.
 *
 * @param {object} options
 * @param {number | 'auto'} [options.ioThreads='auto'] who reads and writes
 *     sockets: `0` Node's own event loop; `N` (at most 64) that many I/O
 *     threads; `'auto'` starts on the event loop, and moves connections to I/O
 *     threads and back as load asks for it, if there is a second processor.
 *     Environment variable: `HAWSER_IO_THREADS`
 * @param {boolean} [options.takeover=true] whether sockets may be taken over
 *     from Node at all. `false` leaves them to Node's streams: slower, for
 *     diagnosis. Environment variable: `HAWSER_TAKEOVER=0`
 * @param {boolean} [options.nativeHandshake=true] whether the engine may do the
 *     opening handshake for a server with a port of its own. `false` leaves it
 *     to Node's HTTP server: slower, for diagnosis. Environment variable:
 *     `HAWSER_NATIVE_HANDSHAKE=0`
 * @param {number} [options.maxInboundBytes=0] most bytes of messages that have
 *     arrived in part, in all threads of the process; 0 for no limit.
 *     Environment variable: `HAWSER_MAX_INBOUND_BYTES`
 * @param {number} [options.maxOutboundBytes=0] most bytes that may wait for
 *     peers that do not read, in all threads of the process; 0 for no limit.
 *     Environment variable: `HAWSER_MAX_OUTBOUND_BYTES`
 * @param {number} [options.maxDeflateContexts=0] most compression contexts, two
 *     for each connection with permessage-deflate, in all threads of the
 *     process; 0 for no limit. Environment variable:
 *     `HAWSER_MAX_DEFLATE_CONTEXTS`
 * @throws {TypeError} with the code `ERR_INVALID_ARG_VALUE` if a value is
 *     none of these
 */
function configure(options) {
  const { ioThreads, nativeHandshake, takeover } = options ?? {};
  const switches = { nativeHandshake, takeover };

  for (const [name, value] of Object.entries(switches)) {
    if (value !== undefined && typeof value !== 'boolean') {
      throw errors.invalidOption(name, value, 'a boolean');
    }
  }

  const changed = limits.NAMES.filter((name) => options?.[name] !== undefined);

  for (const name of changed) {
    if (!limits.isLimit(options[name])) {
      throw errors.invalidOption(name, options[name], limits.EXPECTED);
    }
  }

  if (ioThreads !== undefined) {
    native.configureIoThreads(threadCount('ioThreads', ioThreads), false);
  }

  for (const [name, value] of Object.entries(switches)) {
    if (value !== undefined) settings[name] = value;
  }

  for (const name of changed) limits.setLimit(name, options[name], false);
}

/**
 * @param {string} name what the value was given as, for the error
 * @param {unknown} value the `ioThreads` option
 * @returns {number} the number of threads, or `AUTO`
 */
function threadCount(name, value) {
  if (value === 'auto') {
    return process.env.HAWSER_RESTLESS === '1' ? RESTLESS : AUTO;
  }

  if (
    typeof value === 'number' &&
    Number.isInteger(value) &&
    value >= 0 &&
    value <= MAX_IO_THREADS
  ) {
    return value;
  }

  throw errors.invalidOption(
    name,
    value,
    `"auto" or a whole number from 0 to ${MAX_IO_THREADS}`,
  );
}

/** Sets what the environment variables say. */
function configureByEnvironment() {
  const variable = variableOf('ioThreads');
  const text = process.env[variable] || 'auto';
  const ioThreads = /^\d+$/.test(text) ? Number(text) : text;

  // Not if a program that has loaded another copy of this has chosen already.
  native.configureIoThreads(threadCount(variable, ioThreads), true);
  for (const name of SWITCHES) switchByEnvironment(name);
}

/**
 * Anything but 0 and 1 is refused: `false`, say, must not leave on what it was
 * meant to turn off.
 *
 * @param {string} name one of `SWITCHES`
 */
function switchByEnvironment(name) {
  const text = process.env[variableOf(name)];

  if (!text) return;
  if (text !== '0' && text !== '1') {
    throw errors.invalidOption(variableOf(name), text, '0 or 1');
  }

  settings[name] = text === '1';
}

/** Sets the limits of the process, unless another thread has done so. */
function limitByEnvironment() {
  for (const name of limits.NAMES) {
    const text = process.env[variableOf(name)];

    if (!text) continue;

    const value = /^\d+$/.test(text) ? Number(text) : text;

    if (!limits.isLimit(value)) {
      throw errors.invalidOption(variableOf(name), text, limits.EXPECTED);
    }

    limits.setLimit(name, Number(value), true);
  }
}

/**
 * @param {string} name of an option, `maxInboundBytes` say
 * @returns {string} its environment variable, `HAWSER_MAX_INBOUND_BYTES`
 */
function variableOf(name) {
  return `HAWSER_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
}
