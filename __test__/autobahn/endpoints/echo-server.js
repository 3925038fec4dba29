'use strict';

/*
 * Echoes, and prints the port. When its standard input ends it waits a little for connections that are still about to
 * end, and prints how many there were and how many have told of their end by a 'close' event.
 */

const { WebSocketServer, OPTIONS, echo } = require('./subject');

const GRACE_MS = 5_000;

const counts = { connections: 0, closes: 0 };
let isFinishing = false;
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  ...OPTIONS,
});

server.on('listening', () => report({ port: server.address().port }));
server.on('connection', (websocket) => {
  counts.connections++;
  websocket.on('close', () => {
    counts.closes++;
    if (isFinishing) finish();
  });
  // Most cases are about errors.
  websocket.on('error', () => {});
  echo(websocket);
});

process.stdin.resume().on('end', () => {
  isFinishing = true;
  setTimeout(end, GRACE_MS);
  finish();
});

function finish() {
  if (counts.closes < counts.connections) return;
  // A connection that closes twice does so at once.
  setImmediate(end);
}

function end() {
  report(counts);
  process.exit();
}

function report(value) {
  console.log(JSON.stringify(value));
}
