'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const { Peer, startServer } = require('./support/connections');
const { connectRawClient } = require('./support/raw-peer');
const { WebSocket, WebSocketServer } = require('./support/subject');
const { listen, open, serve } = require('./support/servers');
const { closeOf, eventOf, within } = require('./support/waiting');

test('clients holds who is connected', async (t) => {
  const { wss, url } = await startServer(t, WebSocket);
  const accepted = eventOf(wss, 'connection');
  const first = await open(t, url);
  const [firstConnection] = await accepted;
  await open(t, url);
  assert.equal(wss.clients.size, 2);
  assert.ok(wss.clients.has(firstConnection));

  const closed = eventOf(firstConnection, 'close');
  first.close();
  await closed;

  assert.equal(wss.clients.size, 1);
});

test('clientTracking: false keeps no set', async (t) => {
  const { wss, url } = await startServer(t, WebSocket, {
    clientTracking: false,
  });
  assert.equal(wss.clients, undefined);

  const client = await open(t, url);
  const closed = closeOf(client);
  client.close(1000);

  await closed;
});

test('close() refuses new clients, waits for the others, then calls back', async (t) => {
  const { wss, url } = await startServer(t, WebSocket);
  const client = await open(t, url);
  let isClosed = false;
  const closed = new Promise((resolve) => {
    wss.close((error) => {
      isClosed = true;
      resolve(error);
    });
  });

  const late = new Peer(url);
  const [refused] = await eventOf(late, 'error');
  assert.equal(refused.code, 'ECONNREFUSED');
  assert.equal(isClosed, false);
  client.close();

  assert.equal(await within(closed, 'the server did not close'), undefined);
  const again = await new Promise((resolve) => wss.close(resolve));
  assert.equal(again.message, 'The server is not running');
});

test('close() leaves a server that is not its own running', async (t) => {
  const server = http.createServer((request, response) =>
    response.end('alive'),
  );
  const { wss, port } = await serve(t, server);
  const client = await open(t, `ws://127.0.0.1:${port}`);
  const closed = new Promise((resolve) => wss.close(resolve));

  const page = await fetch(`http://127.0.0.1:${port}`);
  client.close();

  assert.equal(await page.text(), 'alive');
  await within(closed, 'the server did not close');
  assert.equal(server.listening, true);
});

test('a server that is closing answers 503', async (t) => {
  const server = http.createServer();
  const wss = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    wss.handleUpgrade(request, socket, head, () => assert.fail('upgraded'));
  });
  const port = await listen(t, server);
  wss.close();

  const raw = await connectRawClient(t, port);

  assert.match(raw.handshake, /^HTTP\/1\.1 503 /);
});
