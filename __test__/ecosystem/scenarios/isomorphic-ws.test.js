'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const path = require('node:path');
const { test } = require('node:test');
const { pathToFileURL } = require('node:url');
const WebSocket = require('isomorphic-ws');

const { usesExpectedImplementation } = require('./support/implementation');
const { listen } = require('./support/servers');
const { eventOf, until } = require('./support/waiting');

usesExpectedImplementation('isomorphic-ws');

const MODULE = path.join(__dirname, 'support', 'programs', 'isomorphic.mjs');

test('what is required is ws itself, with all that hangs on it', () => {
  assert.equal(WebSocket, require('ws'));
  assert.equal(WebSocket.name, 'WebSocket');
  assert.equal(WebSocket.WebSocket, WebSocket);
  assert.equal(WebSocket.Server, WebSocket.WebSocketServer);
  assert.equal(typeof WebSocket.createWebSocketStream, 'function');
  assert.deepEqual(
    [WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED],
    [0, 1, 2, 3],
  );
});

test('what is imported is the same, and so are the named exports of ws', async () => {
  const fromModule = await import(pathToFileURL(MODULE));

  assert.equal(fromModule.Isomorphic, WebSocket);
  assert.equal(fromModule.Default, WebSocket);
  assert.equal(fromModule.WebSocket, WebSocket);
  assert.equal(fromModule.WebSocketServer, WebSocket.WebSocketServer);
  assert.equal(
    fromModule.createWebSocketStream,
    WebSocket.createWebSocketStream,
  );
});

for (const [kind, load] of Object.entries({
  require: async () => WebSocket,
  import: async () => (await import(pathToFileURL(MODULE))).Isomorphic,
})) {
  test(`used like a browser's, from ${kind}: handlers, event objects, binary types`, async (t) => {
    const Socket = await load();
    const url = await startEchoServer(t);
    const events = [];
    const client = new Socket(url);
    client.binaryType = 'arraybuffer';
    client.onopen = (event) => {
      events.push(event.type);
      assert.equal(event.target, client);
      client.send('text');
      client.send(new Uint8Array([1, 2, 3]).buffer);
    };
    client.addEventListener('message', ({ data, origin }) => {
      events.push(data);
      assert.equal(origin, undefined);
      if (typeof data !== 'string') client.close(4001, 'that is all');
    });

    const closed = new Promise((resolve) => (client.onclose = resolve));
    const { code, reason, wasClean, type } = await closed;

    assert.equal(events[0], 'open');
    assert.equal(events[1], 'text');
    assert.ok(events[2] instanceof ArrayBuffer);
    assert.deepEqual([...new Uint8Array(events[2])], [1, 2, 3]);
    assert.deepEqual(
      { code, reason, wasClean, type },
      { code: 4001, reason: 'that is all', wasClean: true, type: 'close' },
    );
    assert.equal(client.readyState, WebSocket.CLOSED);
  });
}

test('an error has its message, and then comes a close that was not clean', async (t) => {
  const server = http.createServer();
  const port = await listen(t, server);
  server.on('upgrade', (request, socket) => socket.destroy());
  const events = [];
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  client.onerror = ({ type, message, error }) => {
    events.push([type, message, error.code]);
  };
  client.onclose = ({ type, code, wasClean }) => {
    events.push([type, code, wasClean]);
  };

  await until(() => events.length === 2, 'the events did not come');

  assert.deepEqual(events, [
    ['error', 'socket hang up', 'ECONNRESET'],
    ['close', 1006, false],
  ]);
});

test('Blobs go out and come in', async (t) => {
  const url = await startEchoServer(t);
  const client = new WebSocket(url);
  client.binaryType = 'blob';
  await eventOf(client, 'open');

  client.send(new Blob(['a ', 'blob']));
  const { data } = await new Promise((resolve) => (client.onmessage = resolve));

  assert.ok(data instanceof Blob);
  assert.equal(await data.text(), 'a blob');
  client.close();
  await eventOf(client, 'close');
});

async function startEchoServer(t) {
  const server = http.createServer();
  const wss = new WebSocket.Server({ server });
  wss.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => {
      socket.send(data, { binary: isBinary });
    });
  });
  return `ws://127.0.0.1:${await listen(t, server)}`;
}
