'use strict';

const zlib = require('node:zlib');

const EVENTS = [
  'message',
  'ping',
  'pong',
  'conclude',
  'error',
  'drain',
  'finish',
  'close',
];

module.exports = { make, deflated };

/**
 * @param {ScenarioContext} t
 * @param {object} [options]
 * @returns {Receiver} a Receiver by itself, whose events are noted
 */
function make(t, options) {
  const receiver = new t.ws.Receiver(options);
  return t.watch(receiver, 'receiver', { events: EVENTS, properties: [] });
}

/**
 * @param {string | Buffer} payload
 * @returns {Buffer} the payload of its compressed message
 */
function deflated(payload) {
  const bytes = zlib.deflateRawSync(payload, {
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
  });
  return bytes.subarray(0, -4);
}
