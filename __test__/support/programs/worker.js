'use strict';

// Runs in a worker thread. As a server it echoes; as a client it talks to a
// server as fast as it is answered.

const { parentPort, workerData } = require('node:worker_threads');
const { WebSocket, WebSocketServer } = require('../subject');

const { role, url, messages, size } = workerData;

if (role === 'server') serve();
else if (role === 'client') talk();

function serve() {
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  wss.on('listening', () =>
    parentPort.postMessage({ port: wss.address().port }),
  );
  wss.on('connection', (connection) => {
    connection.on('message', (data, isBinary) => {
      connection.send(data, { binary: isBinary });
    });
  });
  parentPort.once('message', () => {
    for (const client of wss.clients) client.close(1001);
    wss.close();
    parentPort.unref();
  });
}

function talk() {
  const client = new WebSocket(url);
  const payload = Buffer.alloc(size ?? 100, 'w');
  let answers = 0;
  client.on('open', () => {
    for (let i = 0; i < 8; i++) client.send(payload);
  });
  client.on('message', (data) => {
    answers++;
    if (!payload.equals(data)) throw new Error('another answer');
    if (answers === 1) parentPort.postMessage({ busy: true });
    if (answers === messages) client.close(1000);
    else if (client.readyState === WebSocket.OPEN) client.send(payload);
  });
  client.on('close', (code) => parentPort.postMessage({ answers, code }));
}
