'use strict';

const { Duplex } = require('stream');

/**
 * Wraps a WebSocket in a stream. What is written is sent, one message for each
 * chunk; what arrives can be read. Ending the stream closes the WebSocket, and
 * the other way round; back-pressure pauses it.
 *
 * A text message is read as a Buffer, or as a string with
 * `readableObjectMode: true`. The stream keeps the life of the WebSocket as its
 * own: it is destroyed, and emits `close`, only after the WebSocket has closed.
 *
 * @param {any} ws the WebSocket
 * @param {import('stream').DuplexOptions} [options] options of the stream.
 *     `autoDestroy`, `emitClose`, `objectMode` and `writableObjectMode` are
 *     always false
 * @returns {Duplex} the stream
 */
function createWebSocketStream(ws, options) {
  const duplex = new Duplex({
    ...options,
    autoDestroy: false,
    emitClose: false,
    objectMode: false,
    writableObjectMode: false,
  });

  // Whether destroying the stream has to end the connection. After an error of
  // the WebSocket it has not: either there is no connection yet, or a close
  // frame is on its way, which termination would keep from leaving.
  let terminates = true;

  ws.on('message', (data, isBinary) => {
    const chunk =
      isBinary || !duplex.readableObjectMode ? data : data.toString();

    if (!duplex.push(chunk)) ws.pause();
  });

  ws.once('error', (error) => {
    if (duplex.destroyed) return;

    terminates = false;
    duplex.destroy(error);
  });

  ws.once('close', () => {
    if (!duplex.destroyed) duplex.push(null);
  });

  duplex._read = () => {
    if (ws.isPaused) ws.resume();
  };

  duplex._write = (chunk, encoding, callback) => {
    whenOpen(ws, () => ws.send(chunk, callback));
  };

  duplex._final = (callback) => {
    whenOpen(ws, () => finish(duplex, ws, callback));
  };

  duplex._destroy = (error, callback) => {
    destroyAfterClose(duplex, ws, error, callback);
    if (terminates) ws.terminate();
  };

  duplex.on('end', destroyIfFinished);
  duplex.on('error', destroyAndRethrow);
  return duplex;
}

module.exports = createWebSocketStream;

/**
 * @param {any} ws the WebSocket
 * @param {() => void} action what to do now, or as soon as it is open
 */
function whenOpen(ws, action) {
  if (ws.readyState !== ws.CONNECTING) {
    action();
    return;
  }

  // Ask again then: a listener that comes first may have closed it.
  ws.once('open', () => whenOpen(ws, action));
}

/**
 * The writable side has ended: close the WebSocket and wait for its socket to
 * have sent everything.
 *
 * @param {Duplex} duplex the stream
 * @param {any} ws the WebSocket
 * @param {() => void} callback to call when it has
 */
function finish(duplex, ws, callback) {
  // A client whose handshake failed never has a socket. Its `error` event,
  // still to come, destroys the stream.
  if (ws._socket === null) return;

  if (ws._socket._writableState.finished) {
    callback();
    if (duplex.readableEnded) duplex.destroy();
    return;
  }

  // The stream is not destroyed here: when the WebSocket closes, the readable
  // side ends, and that does it.
  ws._socket.once('finish', () => callback());
  ws.close();
}

/**
 * Completes the destruction of the stream once the WebSocket is closed.
 *
 * @param {Duplex} duplex the stream
 * @param {any} ws the WebSocket
 * @param {Error | null} error the error to destroy the stream with
 * @param {(error?: Error | null) => void} callback completes it
 */
function destroyAfterClose(duplex, ws, error, callback) {
  if (ws.readyState === ws.CLOSED) {
    callback(error);
    process.nextTick(emitClose, duplex);
    return;
  }

  let completed = false;

  ws.once('error', (wsError) => {
    completed = true;
    callback(wsError);
  });

  ws.once('close', () => {
    if (!completed) callback(error);
    process.nextTick(emitClose, duplex);
  });
}

/**
 * @param {Duplex} duplex the stream
 */
function emitClose(duplex) {
  duplex.emit('close');
}

/**
 * With `autoDestroy` off, nobody else destroys a stream of which both sides
 * have ended.
 *
 * @this {Duplex}
 */
function destroyIfFinished() {
  if (!this.destroyed && this.writableFinished) this.destroy();
}

/**
 * Destroys the stream after an error, which still throws if the user does not
 * listen for it.
 *
 * @this {Duplex}
 * @param {Error} error the error
 */
function destroyAndRethrow(error) {
  this.removeListener('error', destroyAndRethrow);
  this.destroy();

  if (this.listenerCount('error') === 0) this.emit('error', error);
}
