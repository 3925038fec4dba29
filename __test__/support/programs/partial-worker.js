'use strict';

// A worker with a server that compresses. It lives until it is terminated.

const { parentPort } = require('node:worker_threads');
const { WebSocketServer } = require('../../..');

const wss = new WebSocketServer({
  host: '127.0.0.1',
  perMessageDeflate: true,
  port: 0,
});

wss.on('listening', () => parentPort.postMessage(wss.address().port));
wss.on('connection', () => parentPort.postMessage('connected'));
