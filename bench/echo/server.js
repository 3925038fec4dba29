'use strict';

/*
 * The server under test: each message goes to a JavaScript listener as a Buffer and is sent back from there.
 *
 * Over IPC it tells its port, and on demand what its CPU time and its count of messages are.
 */

const fs = require('node:fs');

const { WebSocketServer } = require(process.env.BENCH_MODULE || '../..');

let messages = 0;

const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () => {
  process.send({ port: wss.address().port });
});

wss.on('connection', (ws) => {
  ws.on('message', (data, isBinary) => {
    messages++;
    ws.send(data, { binary: isBinary });
  });
  ws.on('error', () => {});
});

process.on('message', () => {
  const { user, system } = process.cpuUsage();

  process.send({
    messages,
    cpu: user + system,
    javaScriptCpu: mainThreadCpu() ?? user + system,
  });
});

/**
 * @returns {number | null} microseconds that the main thread has run; null
 *     where the system does not tell
 */
function mainThreadCpu() {
  try {
    const path = `/proc/self/task/${process.pid}/schedstat`;
    const [nanoseconds] = fs.readFileSync(path, 'utf8').split(' ');

    return Number(nanoseconds) / 1000;
  } catch {
    return null;
  }
}
