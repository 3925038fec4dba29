'use strict';

/**
 * The `message` event, which is emitted more often than all others together.
 *
 * Node's `emit()` serves every event of every object, and is slow for it. Where
 * it would do nothing but call the one listener that there is, that listener is
 * called directly; in all other cases `emit()` is.
 *
 * @module emit-message
 */

const EventEmitter = require('events');

const { emit } = EventEmitter.prototype;

/** Set on an emitter that is to catch the rejections of its listeners. */
const kCapture = findCapture();

/**
 * Whether `emit()` is Node's own: who has put another in its place, before or
 * after this module was loaded, wants to see every event.
 */
const isKnown =
  kCapture !== undefined &&
  /kErrorMonitor/.test(Function.prototype.toString.call(emit));

module.exports = isKnown ? emitMessage : emitAnyhow;

/**
 * @param {any} websocket a WebSocket
 * @param {any} data the message
 * @param {boolean} isBinary
 */
function emitMessage(websocket, data, isBinary) {
  const listener = websocket._events?.message;

  if (
    typeof listener === 'function' &&
    websocket.emit === emit &&
    !websocket[kCapture]
  ) {
    Reflect.apply(listener, websocket, [data, isBinary]);
  } else {
    websocket.emit('message', data, isBinary);
  }
}

/**
 * @param {any} websocket a WebSocket
 * @param {any} data the message
 * @param {boolean} isBinary
 */
function emitAnyhow(websocket, data, isBinary) {
  websocket.emit('message', data, isBinary);
}

/**
 * @returns {symbol | undefined} the name that Node has for `captureRejections`
 */
function findCapture() {
  return Object.getOwnPropertySymbols(new EventEmitter()).find(
    ({ description }) => description === 'kCapture',
  );
}
