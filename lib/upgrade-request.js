'use strict';

/**
 * The `IncomingMessage` of a request that the engine has read: what Node's HTTP
 * server gives to a listener of `upgrade`. Most programs look at little of it,
 * so the headers are taken apart, and the socket is made, when somebody asks.
 *
 * @module upgrade-request
 */

const http = require('http');
const { getDefaultHighWaterMark } = require('stream');

const native = require('./native');

const METHOD = 'GET';

/** Stands in for the socket while the message is constructed. */
const STREAM_SETTINGS = {
  readableHighWaterMark: getDefaultHighWaterMark?.(false),
};

const kHead = Symbol('hawser: head of the request');
const kLink = Symbol('hawser: link of the request');

/** @type {any} where an `IncomingMessage` notes how many raw headers it has */
const kHeadersCount = headersCountOf(http.IncomingMessage);

module.exports = {
  /** Whether this Node's `IncomingMessage` is the one we know. */
  isSupported: kHeadersCount !== undefined,
  makeRequest,
};

/**
 * @param {import('./native-link')} link the connection that the request is for
 * @param {string} head the head of the request
 * @param {number} targetEnd where its target ends
 * @returns {http.IncomingMessage}
 */
function makeRequest(link, head, targetEnd) {
  const req = /** @type {any} */ (
    new UpgradeRequest(/** @type {any} */ (STREAM_SETTINGS))
  );

  req[kHead] = head;
  req[kLink] = link;
  req.httpVersionMajor = 1;
  req.httpVersionMinor = 1;
  req.httpVersion = '1.1';
  req.complete = true;
  req.joinDuplicateHeaders = null;
  req.upgrade = true;
  req.url = head.slice(METHOD.length + 1, targetEnd);
  req.method = METHOD;
  req.parser = null;
  // There is no body.
  req._readableState.ended = true;
  return req;
}

/** What these messages have between them and the class that they say they are of. */
class UpgradeRequest extends http.IncomingMessage {}

delete UpgradeRequest.prototype.constructor;
defineLazily('socket', (req) => req[kLink].toSocket());
defineLazily('client', (req) => req[kLink].toSocket());
defineLazily('rawHeaders', (req) => splitHeaders(req[kHead]));
// The getters of the headers ask for it.
if (kHeadersCount) defineLazily(kHeadersCount, (req) => req.rawHeaders.length);

/**
 * Defines a property that gets its value when it is first looked at.
 *
 * @param {string | symbol} name
 * @param {(req: any) => any} make makes the value
 */
function defineLazily(name, make) {
  const define = (req, value) => {
    Object.defineProperty(req, name, {
      configurable: true,
      enumerable: true,
      value,
      writable: true,
    });
    return value;
  };

  Object.defineProperty(UpgradeRequest.prototype, name, {
    configurable: true,
    enumerable: true,
    get() {
      return define(this, make(this));
    },
    set(value) {
      // The constructor's values are not meant.
      if (this[kHead] !== undefined) define(this, value);
    },
  });
}

/**
 * @param {string} head the head of a request
 * @returns {string[]} the names of its headers, each before its value
 */
function splitHeaders(head) {
  const lines = head.split('\r\n');
  const headers = [];

  // Behind the headers there are an empty line and the end.
  for (let i = 1; i < lines.length - 2; i++) {
    const colon = lines[i].indexOf(':');

    headers.push(lines[i].slice(0, colon), lines[i].slice(colon + 1).trim());
  }

  return headers;
}

/**
 * @param {any} IncomingMessage
 * @returns {symbol | undefined} its property with the number of raw headers
 */
function headersCountOf(IncomingMessage) {
  // Other hosts have one of their own, and no use for ours.
  if (!native.canTakeOver()) return undefined;

  const names = Object.getOwnPropertySymbols(new IncomingMessage(null));

  return names.find(({ description }) => description === 'kHeadersCount');
}
