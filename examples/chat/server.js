'use strict';

/*
 * A chat room, a price ticker and an echo over one WebSocket for each page. Nothing in here knows that it runs on
 * hawser but the next line, which in a project of your own reads `require('ws')`.
 */
const { WebSocketServer } = require('../..');

const http = require('node:http');

const { ChatRoom } = require('./chat-room');
const { Heartbeat } = require('./heartbeat');
const { PriceTicker } = require('./price-ticker');
const { serveStaticFile } = require('./static-files');

/** Clients that have not answered the close frame by then are cut off. */
const SHUTDOWN_LIMIT_MS = 2_000;
const SOCKET_PATH = '/socket';

const host = process.env.HOST || '127.0.0.1';
const port = readPort(process.env.PORT || '8080');

const server = http.createServer(serveStaticFile);

// Any page may connect: the `Origin` header is not checked, because this room is open to everybody. A server that
// trusts cookies must check it (in `verifyClient`, or before `handleUpgrade`).
const wss = new WebSocketServer({
  server,
  path: SOCKET_PATH,
  maxPayload: 16 * 1024,
  perMessageDeflate: { threshold: 512 },
});
const room = new ChatRoom();
const ticker = new PriceTicker(wss.clients);
const heartbeat = new Heartbeat(wss.clients);
let isShuttingDown = false;

wss.on('connection', (ws) => {
  heartbeat.watch(ws);
  room.enter(ws);

  ws.on('message', (data, isBinary) => {
    const request = isBinary ? null : parseRequest(data);
    if (request?.type === 'name') room.rename(ws, request.name);
    else if (request?.type === 'chat') room.say(ws, request.text);
    else ws.send(data, { binary: isBinary }); // The echo: text, binary and any other JSON.
  });
  ws.on('close', () => room.leave(ws));
  // A peer that breaks the protocol is told so by its close code; there is nothing left to do here.
  ws.on('error', (error) => console.error(`A client failed: ${error.message}`));
});

// The WebSocket server passes the errors of its HTTP server on.
wss.on('error', (error) => {
  console.error(explainListenError(error));
  process.exit(1);
});

server.listen(port, host, () => {
  ticker.start();
  heartbeat.start();
  console.log(`The chat is on ${pageAddress()} (Ctrl-C ends it)`);
});

process.on('SIGINT', shutDown);
process.on('SIGTERM', shutDown);

/**
 * Says goodbye to everybody. The process ends by itself when the last connection is closed.
 */
function shutDown() {
  // npm may pass on a Ctrl-C that the terminal has sent here as well.
  if (isShuttingDown) return;
  isShuttingDown = true;

  console.log(`\nClosing ${wss.clients.size} connection(s)`);
  ticker.stop();
  heartbeat.stop();
  server.close();
  for (const ws of wss.clients) ws.close(1001, 'The server is shutting down');
  wss.close();

  const limit = setTimeout(() => {
    for (const ws of wss.clients) ws.terminate();
    server.closeAllConnections();
  }, SHUTDOWN_LIMIT_MS);
  limit.unref();
}

/**
 * @param {Buffer} data A text message
 * @returns {object | null} What it asks for, or null if it is not a JSON object
 */
function parseRequest(data) {
  try {
    const value = JSON.parse(data.toString());
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function readPort(text) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0 && number <= 65535) return number;
  console.error(`PORT must be a number from 0 to 65535, not "${text}".`);
  process.exit(1);
}

function explainListenError(error) {
  const place = `port ${port} of ${host}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return `Another program uses ${place}. Choose another port: PORT=${port + 1} npm start`;
    case 'EACCES':
      return `This user may not listen on ${place}. Ports from 1024 up are open to everybody: PORT=8080 npm start`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine. Choose another: HOST=127.0.0.1 npm start`;
    default:
      return `The server cannot listen on ${place}: ${error.message}`;
  }
}

function pageAddress() {
  const { address, family, port: actualPort } = server.address();
  const isEverywhere = address === '0.0.0.0' || address === '::';
  const name = family === 'IPv6' ? `[${address}]` : address;
  return `http://${isEverywhere ? 'localhost' : name}:${actualPort}/`;
}
