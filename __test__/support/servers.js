'use strict';

const http = require('node:http');
const net = require('node:net');
const { Peer, stopServer } = require('./connections');
const { WebSocketServer } = require('./subject');
const { eventOf } = require('./waiting');

module.exports = {
  listen,
  listenBeside,
  listenItself,
  open,
  refusingUrl,
  serve,
};

/**
 * A WebSocket server of the subject beside an HTTP server, which is made to
 * listen.
 */
async function serve(t, server) {
  const wss = new WebSocketServer({ server });
  const port = await listen(t, server);
  return { wss, port };
}

/** A WebSocket server of the subject with a port of its own, which listens. */
async function listenItself(t) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  t.after(() => stopServer(server));
  await eventOf(server, 'listening');
  return server;
}

/** The same beside an HTTP server. */
async function listenBeside(t) {
  const { wss } = await serve(t, http.createServer());
  return wss;
}

/** Makes a server listen on a free port; what is open then ends with the test. */
async function listen(t, server) {
  const sockets = new Set();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return server.address().port;
}

/** A client that has connected; it ends with the test. */
async function open(
  t,
  url,
  Client = Peer,
  options = undefined,
  protocols = [],
) {
  const client = new Client(url, protocols, options);
  t.after(() => client.terminate());
  await eventOf(client, 'open');
  return client;
}

/**
 * The URL of a port that refuses connections. One end of another connection has
 * it, so that nobody begins to listen there meanwhile.
 */
async function refusingUrl(t) {
  const port = await listen(t, net.createServer());
  const socket = net.connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  await eventOf(socket, 'connect');
  return `ws://127.0.0.1:${socket.localPort}`;
}
