'use strict';

const { WebSocket, WebSocketServer } = require('../../..');

/**
 * Connects a client with a server that answers what it gets.
 *
 * @param {(ends: { client: WebSocket, server: WebSocket, wss: WebSocketServer }) => void} opened
 *   called when both are open
 */
function connect(opened) {
  const wss = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    perMessageDeflate: true,
  });
  let server;
  wss.on('connection', (websocket) => {
    server = websocket;
    server.on('message', (data, isBinary) => {
      server.send(data, { binary: isBinary });
    });
  });
  wss.on('listening', () => {
    const client = new WebSocket(`ws://127.0.0.1:${wss.address().port}`);
    client.on('open', () => opened({ client, server, wss }));
  });
}

module.exports = { connect };
