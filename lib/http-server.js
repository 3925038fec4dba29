'use strict';

/**
 * The HTTP server that a WebSocket server stands on: how it is made, how it is
 * listened to, and how the program sees it.
 *
 * @module http-server
 */

const http = require('http');

const { kServer, kWebSocket } = require('./constants');

module.exports = { attach, listen, setServer };

/**
 * Starts an HTTP server which answers everything but an upgrade with 426.
 *
 * @param {any} options the options of the WebSocket server
 * @param {(() => void) | undefined} callback called when it listens
 * @returns {http.Server}
 */
function listen({ backlog, host, port }, callback) {
  const server = http.createServer((req, res) => {
    const body = http.STATUS_CODES[426];

    res.writeHead(426, {
      'Content-Length': body.length,
      'Content-Type': 'text/plain',
    });
    res.end(body);
  });

  return server.listen(port, host, backlog, callback);
}

/**
 * Listens to an HTTP server on behalf of a WebSocket server.
 *
 * @param {any} wss the WebSocket server
 * @param {http.Server} server the HTTP server
 * @param {import('./native-listener') | null} listener what does handshakes in its place
 * @returns {() => void} takes the listeners away again
 */
function attach(wss, server, listener) {
  const emitConnection = wss.emit.bind(wss, 'connection');
  const emitListening = wss.emit.bind(wss, 'listening');
  const listeners = {
    listening: (...args) => {
      listener?.start();
      emitListening(...args);
    },
    error: wss.emit.bind(wss, 'error'),
    upgrade: (req, socket, head) => {
      let isHandled = false;

      try {
        wss.handleUpgrade(req, socket, head, emitConnection);
        isHandled = true;
      } finally {
        // A hook or a listener has thrown before the request was answered, and
        // nobody else would ever close the socket.
        if (!isHandled && !socket[kWebSocket] && !socket.writableEnded) {
          socket.destroy();
        }
      }
    },
  };

  for (const [event, listener] of Object.entries(listeners)) {
    server.on(event, listener);
  }

  return () => {
    for (const [event, listener] of Object.entries(listeners)) {
      server.removeListener(event, listener);
    }

    listener?.release();
  };
}

/**
 * Sets the `_server` of a WebSocketServer. One that is ours alone stops being
 * that when a program looks at it.
 *
 * @param {any} wss
 * @param {http.Server | null} server
 * @param {import('./native-listener')} [listener] who has to know when that happens
 */
function setServer(wss, server, listener) {
  wss[kServer] = server;

  if (listener === undefined) {
    defineServer(wss, { value: server, writable: true });
    return;
  }

  defineServer(wss, {
    get() {
      listener.giveUp();
      defineServer(wss, { value: server, writable: true });
      return server;
    },
    set(value) {
      defineServer(wss, { value, writable: true });
    },
  });
}

/**
 * @param {any} wss
 * @param {PropertyDescriptor} descriptor
 */
function defineServer(wss, descriptor) {
  Object.defineProperty(wss, '_server', {
    configurable: true,
    enumerable: true,
    ...descriptor,
  });
}
