'use strict';

/**
 * What its connection and its socket do to a WebSocket.
 *
 * @module websocket-events
 */

const {
  CLOSED,
  CLOSING,
  NOOP,
  OPEN,
  kConnection,
  kSocket,
  kStatusCode,
  kWebSocket,
} = require('./constants');
const emitMessage = require('./emit-message');
const errors = require('./errors');
const PendingPongs = require('./pending-pongs');

// Taken once: a test that replaces the timers of the process for a while must
// not leave a flush unscheduled for good.
const { nextTick } = process;

const NO_STATUS = 1005;

/**
 * What a native or streamed connection does to its WebSocket.
 *
 * @type {import('./connection').Events}
 */
const connectionEvents = {
  message: emitMessage,

  ping(websocket, data) {
    if (websocket._autoPong && websocket._readyState === OPEN) {
      answerPing(websocket, data);
    }

    websocket.emit('ping', data);
  },

  pong(websocket, data) {
    websocket.emit('pong', data);
  },

  conclude(websocket, code, reason) {
    websocket._closeFrameReceived = true;
    websocket._closeCode = code;
    websocket._closeMessage = reason;

    if (websocket[kSocket][kWebSocket] === undefined) return;

    readToTheEnd(websocket);
    if (code === NO_STATUS) websocket.close();
    else websocket.close(code, reason);
  },

  error(websocket, error) {
    // Errors of streams come in the next tick, and so do ours.
    nextTick(connectionEvents.failed, websocket, error);
  },

  failed(websocket, error) {
    websocket[kConnection].failed = true;

    if (websocket[kSocket][kWebSocket] !== undefined) {
      readToTheEnd(websocket);
      websocket.close(error[kStatusCode]);
    }

    emitErrorOnce(websocket, error);
  },

  overflow(websocket) {
    abort(websocket, errors.outboundLimitExceeded());
  },

  idle(websocket) {
    if (!websocket._paused) websocket[kSocket].resume();
  },
};

module.exports = {
  connectionEvents,
  senderOnError,
  senderOnOverflow,
  listenToSocket,
  peerIsDone,
  setCloseTimer,
};

/**
 * Listens to the end of a socket; and to its bytes, if Node reads them.
 *
 * @param {any} socket the socket of a WebSocket
 * @param {boolean} isNative whether the engine reads it
 */
function listenToSocket(socket, isNative) {
  if (!isNative) socket.on('data', socketOnData);

  socket.on('close', socketOnClose);
  socket.on('end', socketOnEnd);
  socket.on('error', socketOnError);
}

/**
 * A peer that sends pings without reading the pongs is not waited for.
 *
 * @param {any} websocket
 * @param {Buffer} data the payload of the ping
 */
function answerPing(websocket, data) {
  const connection = websocket[kConnection];

  if (connection.isNative) {
    connection.pendingPongs ??= new PendingPongs(connection);
  }

  if (hasTooManyPongs(websocket)) {
    websocket.terminate();
    return;
  }

  websocket._autoPongComplete ??= () => {
    websocket._pendingAutoPongs--;
  };
  websocket._pendingAutoPongs++;
  websocket.pong(data, !websocket._isServer, websocket._autoPongComplete);
  connection.pendingPongs?.add();
}

/**
 * @param {any} websocket
 * @returns {boolean} whether more pongs wait than its peer is granted
 */
function hasTooManyPongs(websocket) {
  const { pendingPongs } = websocket[kConnection];
  const most = websocket._maxPendingAutoPongs;

  if (most <= 0 || websocket._pendingAutoPongs < most) return false;
  return pendingPongs === null || pendingPongs.areTooMany(most);
}

/**
 * The peer has said its last: what it still sends is read, for the FIN behind
 * it, and ignored.
 *
 * @param {any} websocket
 */
function readToTheEnd({ [kSocket]: socket }) {
  socket.removeListener('data', socketOnData);
  nextTick(() => socket.resume());
}

/**
 * @param {any} websocket
 * @returns {boolean} whether nothing more is to be expected of the peer
 */
function peerIsDone(websocket) {
  return websocket._closeFrameReceived || websocket[kConnection].failed;
}

/**
 * @param {any} websocket
 * @param {Error} error
 */
function emitErrorOnce(websocket, error) {
  if (websocket._errorEmitted) return;

  websocket._errorEmitted = true;
  websocket.emit('error', error);
}

/**
 * @param {any} websocket
 */
function setCloseTimer(websocket) {
  const { _closeTimeout: timeout, [kSocket]: socket } = websocket;

  websocket._closeTimer = setTimeout(() => socket.destroy(), timeout);
}

/**
 * Something that was to be sent, a Blob, could not be read. What is queued
 * still leaves.
 *
 * @this {any}
 * @param {Error} error
 */
function senderOnError(error) {
  const websocket = this[kWebSocket];

  if (websocket._readyState === CLOSED) return;

  if (websocket._readyState === OPEN) {
    websocket._readyState = CLOSING;
    setCloseTimer(websocket);
  }

  websocket[kSocket].end();
  emitErrorOnce(websocket, error);
}

/**
 * More waits for the peer than may.
 *
 * @this {any}
 * @param {number} most how much may
 */
function senderOnOverflow(most) {
  abort(this[kWebSocket], errors.bufferLimitExceeded(most));
}

/**
 * Gives a peer up that does not read: a close frame would only wait behind
 * everything else.
 *
 * @param {any} websocket
 * @param {Error} error what its listeners, and the callbacks of what is not
 *     written, are told
 */
function abort(websocket, error) {
  const socket = websocket[kSocket];

  if (socket.destroyed) return;

  websocket._readyState = CLOSING;
  nextTick(emitErrorOnce, websocket, error);
  socket.destroy(error);
}

/**
 * Bytes of a socket that Node reads.
 *
 * @this {any}
 * @param {Buffer} chunk
 */
function socketOnData(chunk) {
  const connection = this[kWebSocket][kConnection];

  connection.receive(chunk);
  if (!connection.isIdle) this.pause();
}

/** @this {any} */
function socketOnEnd() {
  const websocket = this[kWebSocket];

  websocket._readyState = CLOSING;
  websocket[kConnection].inputEnded = true;
  this.end();
}

/**
 * An error of the socket is not one of the WebSocket: the `close` event that
 * follows, with code 1006, says enough.
 *
 * @this {any}
 */
function socketOnError() {
  const websocket = this[kWebSocket];

  this.removeListener('error', socketOnError);
  this.on('error', NOOP);

  if (websocket) {
    websocket._readyState = CLOSING;
    this.destroy();
  }
}

/** @this {any} */
function socketOnClose() {
  const websocket = this[kWebSocket];
  const connection = websocket[kConnection];

  this.removeListener('close', socketOnClose);
  this.removeListener('data', socketOnData);
  this.removeListener('end', socketOnEnd);

  websocket._readyState = CLOSING;

  // What a paused stream still holds was sent before the end.
  if (!connection.isNative && !peerIsDone(websocket)) {
    const rest = this.readableLength > 0 ? this.read() : null;

    if (rest !== null) connection.receive(rest);
  }

  this[kWebSocket] = undefined;
  clearTimeout(websocket._closeTimer);
  connection.whenIdle(() => {
    // As if the decoder were a stream, which finishes, or fails, in the next
    // tick.
    if (connection.inputEnded && connection.violated === connection.failed) {
      websocket.emitClose();
    } else {
      nextTick(() => websocket.emitClose());
    }
  });
}
