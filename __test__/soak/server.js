'use strict';

/*
 * The server of the soak, three doors to the same room: a port of its own, one beside Node's HTTP server, and one
 * behind TLS. Runs as a child of run.js.
 */

const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');

const { WebSocketServer } = require('../support/subject');
const { ConnectionEnd } = require('../support/traffic/connection-end');
const { planOf } = require('../support/traffic/plans');
const { answerSamples } = require('./sampling');

const TLS = path.join(__dirname, '..', 'support', 'tls');
const OPTIONS = {
  perMessageDeflate: { threshold: 0 },
  maxPayload: 16 * 1024 * 1024,
  closeTimeout: 120_000,
};

let open = 0;

answerSamples(() => open);
main();

async function main() {
  const doors = {
    native: await listen(new WebSocketServer({ ...OPTIONS, ...address() })),
    http: await listen(beside(http.createServer()).listen(address())),
    tls: await listen(beside(https.createServer(tls())).listen(address())),
  };
  process.send({ type: 'listening', doors });
}

function beside(server) {
  welcome(new WebSocketServer({ ...OPTIONS, server }));
  return server;
}

function listen(server) {
  if (server instanceof WebSocketServer) welcome(server);
  return new Promise((resolve) => {
    server.on('listening', () => resolve(server.address().port));
  });
}

function welcome(wss) {
  wss.on('connection', (websocket, request) => {
    const { searchParams } = new URL(request.url, 'ws://127.0.0.1');
    const [seed, id] = ['seed', 'id'].map((key) => +searchParams.get(key));
    open++;
    const end = new ConnectionEnd(
      websocket,
      planOf(seed, id),
      'server',
      (account) => {
        if (!account.late) open--;
        process.send({ type: 'ended', account });
      },
    );
    end.begin();
  });
}

function address() {
  return { host: '127.0.0.1', port: 0 };
}

function tls() {
  const read = (name) => fs.readFileSync(path.join(TLS, name));
  return { key: read('test-only-key.pem'), cert: read('test-only-cert.pem') };
}
