'use strict';

const http = require('node:http');
const { Server } = require('engine.io');
const { Socket } = require('engine.io-client');

const { listen } = require('./servers');
const { eventOf } = require('./waiting');

module.exports = { connect, startServer };

/**
 * @param {import('node:test').TestContext} t What ends the server
 * @param {object} [options] Those of Engine.IO
 * @returns {Promise<{ server: Server, port: number }>}
 */
async function startServer(t, options) {
  const httpServer = http.createServer();
  const server = new Server(options);
  server.attach(httpServer, options);
  const port = await listen(t, httpServer);
  t.after(() => server.close());
  return { server, port };
}

/**
 * Connects a client, and waits for both ends.
 *
 * @param {import('node:test').TestContext} t What ends the client
 * @param {{ server: Server, port: number }} to
 * @param {object} [options] Those of the client
 * @returns {Promise<{ client: Socket, socket: any }>} The client, and the server's end of it
 */
async function connect(t, { server, port }, options) {
  const accepted = eventOf(server, 'connection');
  const client = new Socket(`ws://127.0.0.1:${port}`, {
    transports: ['websocket'],
    ...options,
  });
  t.after(() => client.close());
  await eventOf(client, 'open');
  const [socket] = await accepted;
  return { client, socket };
}
