'use strict';

const { createHash } = require('node:crypto');
const { EventEmitter } = require('node:events');
const { types } = require('node:util');

const MAX_DEPTH = 5;
const MAX_BYTES_SHOWN = 80;
const MAX_TEXT_SHOWN = 400;
const EVENT_FIELDS = ['code', 'reason', 'wasClean', 'data', 'error', 'message'];

module.exports = { formatValue, formatBytes, formatError };

/**
 * Writes a value so that two of them can be compared as text: everything that a
 * program can tell apart is there, nothing that differs from run to run is.
 *
 * @param {any} value
 * @param {(text: string) => string} [hide] replaces what differs from run to run
 * @returns {string}
 */
function formatValue(value, hide = (text) => text, depth = 0) {
  const format = (each) => formatValue(each, hide, depth + 1);

  switch (typeof value) {
    case 'string':
      return formatText(hide(value));
    case 'function':
      return `function ${value.name || '(anonymous)'}`;
    case 'symbol':
      return value.toString();
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : hide(String(value));
    case 'object':
      break;
    default:
      return String(value);
  }

  if (value === null) return 'null';
  if (types.isNativeError(value)) return formatError(value, hide, depth);
  if (Buffer.isBuffer(value)) return formatBytes('Buffer', value);
  if (ArrayBuffer.isView(value)) return formatBytes(classOf(value), value);
  if (types.isAnyArrayBuffer(value)) return formatBytes(classOf(value), value);
  if (value instanceof Blob) return `Blob(${value.size}, '${value.type}')`;
  if (types.isRegExp(value) || types.isDate(value)) return String(value);
  if (value instanceof URL) return `URL ${formatText(hide(value.href))}`;
  if (isEvent(value)) return formatEvent(value, format);
  if (value instanceof EventEmitter) return `<${classOf(value)}>`;
  if (depth >= MAX_DEPTH) return '…';
  if (Array.isArray(value)) return `[${value.map(format).join(', ')}]`;
  if (value instanceof Map) return `Map ${format([...value])}`;
  if (value instanceof Set) return `Set ${format([...value])}`;
  return formatObject(value, format);
}

/**
 * @param {Error} error
 * @returns {string} its class, code, message and cause
 */
function formatError(error, hide = (text) => text, depth = 0) {
  const code = error.code === undefined ? '' : ` [${error.code}]`;
  const extras = [];
  // `name` may have been set by hand; the class is what `instanceof` sees.
  if (error.name !== classOf(error)) extras.push(`name ${error.name}`);
  if ('cause' in error && depth < MAX_DEPTH) {
    extras.push(`cause ${formatValue(error.cause, hide, depth + 1)}`);
  }
  const rest = extras.length > 0 ? ` (${extras.join(', ')})` : '';
  // The row "the `message` of a `Z_DATA_ERROR`".
  const message =
    error.code === 'Z_DATA_ERROR' ? '<of zlib>' : hide(String(error.message));
  return `${classOf(error)}${code}: ${message}${rest}`;
}

/**
 * @param {string} label
 * @param {ArrayBufferView | ArrayBuffer} value
 * @returns {string} the number of bytes, and the bytes
 */
function formatBytes(label, value) {
  const bytes = ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value);
  const start = bytes.toString('hex', 0, MAX_BYTES_SHOWN);
  const rest =
    bytes.length > MAX_BYTES_SHOWN
      ? `… sha1 ${createHash('sha1').update(bytes).digest('hex')}`
      : '';
  return `${label}(${bytes.length}) ${start}${rest}`.trimEnd();
}

function formatText(text) {
  if (text.length <= MAX_TEXT_SHOWN) return JSON.stringify(text);
  const hash = createHash('sha1').update(text).digest('hex');
  const start = JSON.stringify(text.slice(0, MAX_TEXT_SHOWN));
  return `${start}… (${text.length} characters, sha1 ${hash})`;
}

/**
 * The event classes of `ws` have their values behind getters.
 */
function isEvent(value) {
  return /^(?:Message|Close|Error)?Event$/.test(classOf(value));
}

function formatEvent(event, format) {
  const fields = EVENT_FIELDS.filter((name) => name in event);
  const shown = fields.map((name) => `${name}: ${format(event[name])}`);
  const own = Object.keys(event).map((name) => `own ${name}`);
  return `${classOf(event)} {${[
    `type: ${event.type}`,
    `target: ${format(event.target)}`,
    ...shown,
    ...own,
  ].join(', ')}}`;
}

function formatObject(value, format) {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    return `<${classOf(value)}>`;
  }
  const fields = Reflect.ownKeys(value).map(
    (key) => `${String(key)}: ${format(value[key])}`,
  );
  return `${prototype === null ? '[null prototype] ' : ''}{${fields.join(', ')}}`;
}

function classOf(value) {
  return value.constructor?.name ?? 'Object';
}
