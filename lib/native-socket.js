'use strict';

/**
 * Taking a socket over from Node.
 *
 * The engine gets a duplicate of the descriptor; Node's own handle is closed,
 * which leaves the connection alive. The `net.Socket` stays what it was to the
 * program, and to the server that counts it: a stand-in for the handle answers
 * for the native connection, so that Node's own code goes on working, and
 * nothing can reach a descriptor that was closed and used again.
 *
 * @module native-socket
 */

const net = require('net');

const atExit = require('./at-exit');
const { NOOP, kConnection, kWebSocket } = require('./constants');
const { Kind } = require('./delivery');
const native = require('./native');
const NativeHandle = require('./native-handle');
const settings = require('./settings');

// Taken once: a test that replaces the timers of the process for a while must
// not leave a flush unscheduled for good.
const { nextTick } = process;

const IS_SUPPORTED = native.canTakeOver();

/** With which listeners are added. */
const LISTEN_METHODS = ['addListener', 'on', 'prependListener'];

let willFlushAtExit = false;

module.exports = { flushAtExit, makeSocket, takeOver };

/**
 * Takes a socket over, if it is one that can be.
 *
 * @param {import('./connection')} connection what is to serve it
 * @param {any} socket the socket
 * @param {object} options the options of the connection
 * @param {string} response what to write before anything else
 * @returns {boolean} false if Node keeps the socket: nothing has changed then
 */
function takeOver(connection, socket, options, response) {
  if (!canBeTaken(socket)) return false;

  const handle = socket._handle;
  const wasReading = handle.reading;
  const { bytesRead, bytesWritten } = socket;

  handle.readStop();

  if (!connection.openSocket(options, handle.fd, response)) {
    if (wasReading) handle.readStart();
    return false;
  }

  const standIn = new NativeHandle(connection, bytesRead, bytesWritten);

  standIn.attach(socket);
  connection.handle = standIn;
  socket._handle = standIn;
  if (handle.hasRef?.() === false) standIn.unref();
  handle.close();
  socket[kConnection] = connection;
  Object.setPrototypeOf(socket, nativeSocket);
  removeListenerWraps(socket);
  // The response leaves with what is sent in this tick.
  nextTick(native.flush);
  flushAtExit();
  return true;
}

/**
 * Makes the socket of a connection that has had none, in the state that the
 * connection is in.
 *
 * @param {import('./native-link')} link what has been in its place
 * @returns {any} a `net.Socket`, as an HTTP server makes it
 */
function makeSocket(link) {
  const { connection, server } = link;
  // What the engine no longer counts.
  const read =
    link.bytesRead - (link.destroyed ? native.bytesRead(connection.id) : 0);
  const written =
    link.bytesWritten - (link.destroyed ? connection.wireBytes : 0);
  const handle = new NativeHandle(connection, read, written);
  const socket = newSocket(handle, server);

  handle.endIsSent = link.endIsSent;
  socket[kConnection] = connection;
  socket[kWebSocket] = link[kWebSocket];
  Object.setPrototypeOf(socket, nativeSocket);
  handle.attach(socket);
  connection.handle = handle;
  moveListeners(link, socket);
  bringUp(link, socket);
  return socket;
}

/**
 * @param {NativeHandle} handle
 * @param {any} server
 * @returns {any} a socket as it is after the opening handshake
 */
function newSocket(handle, server) {
  const options = {
    handle,
    allowHalfOpen: true,
    readable: true,
    writable: true,
    readableHighWaterMark: server.highWaterMark,
    writableHighWaterMark: server.highWaterMark,
  };
  const socket = /** @type {any} */ (
    new net.Socket(/** @type {any} */ (options))
  );

  socket.server = server;
  socket._server = server;
  socket.parser = null;
  socket._paused = false;
  socket.setTimeout(0);
  socket.setNoDelay(true);
  return socket;
}

/**
 * @param {import('./native-link')} link
 * @param {any} socket who is listened to from now on
 */
function moveListeners(link, socket) {
  if (link._onClose && !link.closed) socket.on('close', link._onClose);
  if (link._onEnd && !link.readableEnded) socket.on('end', link._onEnd);
  if (link._onError) socket.on('error', link._onError);
}

/**
 * Puts a new socket into the state that its connection is in.
 *
 * @param {import('./native-link')} link
 * @param {any} socket
 */
function bringUp(link, socket) {
  const { _readableState: readable, _writableState: writable } = socket;

  if (link.connection.paused) netSocket.pause.call(socket);
  else netSocket.resume.call(socket);

  if (link.writableFinished) {
    writable.ending = writable.ended = writable.finished = true;
  } else if (link.writableEnded) {
    socket.end();
  }

  if (link.readableEnded) {
    readable.ended = readable.endEmitted = true;
  } else if (link.inputEnded) {
    socket[kConnection].handle.handleNote(Kind.END, 0);
  }

  if (link.destroyed) {
    // It has left the server already.
    socket._server = null;

    if (link.errorIsTold) {
      socket.destroy();
      readable.errored = writable.errored = link.errored;
      readable.errorEmitted = writable.errorEmitted = true;
    } else {
      socket.on('error', NOOP);
      socket.destroy(link.errored);
    }
  }
}

/**
 * @param {any} socket
 * @returns {boolean} whether it is a plain connected socket with a descriptor,
 *     of which nothing is on its way and which nobody else reads
 */
function canBeTaken(socket) {
  return (
    IS_SUPPORTED &&
    settings.takeover &&
    socket instanceof net.Socket &&
    socket.constructor === net.Socket &&
    !socket.destroyed &&
    !socket.connecting &&
    !socket.writableEnded &&
    !socket.readableEnded &&
    socket.writableLength === 0 &&
    socket.readableLength === 0 &&
    socket.listenerCount('data') === 0 &&
    socket.listenerCount('readable') === 0 &&
    // Somebody who has put another in its place wants to see what is written.
    !Object.hasOwn(socket, 'write') &&
    hasDescriptor(/** @type {any} */ (socket)._handle)
  );
}

/**
 * @param {any} handle the handle of a socket
 * @returns {boolean} whether it is one that reads a descriptor
 */
function hasDescriptor(handle) {
  return handle?.fd >= 0 && typeof handle.readStop === 'function';
}

/** @type {any} */
const netSocket = net.Socket.prototype;

/**
 * What a socket that was taken over does otherwise than other sockets. It stays
 * a `net.Socket`: this stands between it and that class.
 */
const nativeSocket = Object.create(netSocket, {
  bufferSize: getter((socket) =>
    socket._handle ? socket[kConnection].waitingBytes : undefined,
  ),
  writableLength: getter((socket) => socket[kConnection].waitingBytes),
  writableNeedDrain: getter(isFull),
});

/** @type {any} */
const methods = {
  // The stream is told at once that a chunk is done, so that it never keeps
  // one back while frames, which do not pass through it, go ahead.
  _write(chunk, encoding, callback) {
    writeBytes(this, toBuffer(chunk, encoding));
    callback();
  },

  _writev(chunks, callback) {
    for (const { chunk, encoding } of chunks) {
      writeBytes(this, toBuffer(chunk, encoding));
    }

    callback();
  },

  _final(callback) {
    this[kConnection].handle.shutdown(callback);
  },

  // Node sees nothing of what is read and written, and would take the socket
  // for idle.
  _onTimeout() {
    const { handle } = this[kConnection];

    if (handle.wasActive()) this._unrefTimer();
    else netSocket._onTimeout.call(this);
  },

  write(...args) {
    netSocket.write.apply(this, args);
    return !isFull(this) && !this.destroyed;
  },

  pause() {
    this[kConnection].pause();
    return netSocket.pause.call(this);
  },

  resume() {
    this[kConnection].resume();
    return netSocket.resume.call(this);
  },

  // What has been sent is written before the socket ends, and its senders are
  // told before anybody hears of an error.
  destroy(...args) {
    if (!this.destroyed) this[kConnection].flush();
    return netSocket.destroy.apply(this, args);
  },

  resetAndDestroy() {
    native.reset(this[kConnection].id);
    return this.destroy();
  },
};

// The bytes do not pass through the stream, unless somebody asks for them.
for (const method of LISTEN_METHODS) {
  methods[method] = function (name, listener) {
    if (name === 'data') this[kConnection].tap(true);
    return netSocket[method].call(this, name, listener);
  };
}

Object.assign(nativeSocket, methods);

/**
 * Node's HTTP server replaces these methods of a socket until its parser is done
 * with it, and leaves the replacements behind.
 *
 * @param {any} socket one whose parser is done
 */
function removeListenerWraps(socket) {
  for (const method of LISTEN_METHODS) {
    if (
      Object.hasOwn(socket, method) &&
      (socket[method].name === 'socketListenerWrap' ||
        socket[method] === netSocket[method])
    ) {
      // Taking the property away would make every other one slow to look up.
      socket[method] = nativeSocket[method];
    }
  }
}

/**
 * @param {(socket: any) => any} get
 * @returns {PropertyDescriptor}
 */
function getter(get) {
  return {
    configurable: true,
    get() {
      return get(this);
    },
  };
}

/**
 * @param {any} socket
 * @returns {boolean} whether so much waits that a writer should wait, too
 */
function isFull(socket) {
  return socket[kConnection].waitingBytes >= socket.writableHighWaterMark;
}

/**
 * Writes bytes behind the frames that were sent before.
 *
 * @param {any} socket
 * @param {Uint8Array} bytes
 */
function writeBytes(socket, bytes) {
  if (native.write(socket[kConnection].id, bytes, 0) === 1) {
    nextTick(native.flush);
  }
}

/**
 * @param {string | Buffer} chunk
 * @param {BufferEncoding} encoding of a string
 * @returns {Uint8Array}
 */
function toBuffer(chunk, encoding) {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
}

/**
 * What has been sent leaves before the process does, as it would have if Node
 * had written it: in a bounded time.
 */
function flushAtExit() {
  if (willFlushAtExit) return;

  willFlushAtExit = true;
  atExit(drain);
}

function drain() {
  native.drain();
}
