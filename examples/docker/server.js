'use strict';

/*
 * An echo server for a container: it answers health checks on the same port, and ends when it is asked to.
 */

const http = require('node:http');

const { WebSocketServer } = require('ws');

const GOING_AWAY = 1001;
/** Clients that have not answered the close frame by then are cut off. */
const SHUTDOWN_LIMIT_MS = 2_000;

const { HOST = '0.0.0.0', PORT = '8080' } = process.env;

const server = http.createServer((request, response) => {
  response.writeHead(request.url === '/health' ? 204 : 404).end();
});
const wss = new WebSocketServer({ server, maxPayload: 1024 * 1024 });

wss.on('connection', (ws) => {
  ws.on('error', (error) => console.error(error.message));
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
});

server.listen(Number(PORT), HOST, () => {
  const { address, port } = server.address();
  console.log(`Listening on ${address}:${port}`);
});

// The first process of a container has no default for these.
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, shutDown);

function shutDown() {
  server.close();
  for (const ws of wss.clients) ws.close(GOING_AWAY, 'The server shuts down');
  setTimeout(() => {
    for (const ws of wss.clients) ws.terminate();
  }, SHUTDOWN_LIMIT_MS).unref();
}
