'use strict';

const http = require('node:http');
const { Server } = require('socket.io');
const { io } = require('socket.io-client');

const { listen } = require('./servers');
const { eventOf } = require('./waiting');

module.exports = { connect, engineOf, startServer, websocketOf };

/**
 * @param {import('node:test').TestContext} t What ends the server
 * @param {object} [options] Those of Socket.IO
 * @returns {Promise<{ server: Server, url: string }>}
 */
async function startServer(t, options) {
  const httpServer = http.createServer();
  const server = new Server(httpServer, options);
  const port = await listen(t, httpServer);
  t.after(() => server.close());
  return { server, url: `http://127.0.0.1:${port}` };
}

/**
 * Connects a client, and waits for both ends.
 *
 * @param {import('node:test').TestContext} t What ends the client
 * @param {{ server: Server, url: string }} to
 * @param {object} [options] Those of the client
 * @returns {Promise<{ client: any, socket: any }>} The client, and the server's end of it
 */
async function connect(t, { server, url }, options) {
  const client = io(url, {
    forceNew: true,
    reconnectionDelay: 10,
    reconnectionDelayMax: 20,
    transports: ['websocket'],
    ...options,
  });
  t.after(() => client.disconnect());
  const accepted = eventOf(server, 'connection');
  await eventOf(client, 'connect');
  const [socket] = await accepted;
  return { client, socket };
}

/** The Engine.IO connection below a client, or below a server's end. */
function engineOf(end) {
  return end.conn ?? end.io.engine;
}

/** The WebSocket that a server's end uses at this moment. */
function websocketOf(socket) {
  return socket.conn.transport.socket;
}
