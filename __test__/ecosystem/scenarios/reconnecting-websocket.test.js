'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const ReconnectingWebSocket = require('reconnecting-websocket');
const WebSocket = require('ws');

const { expected, implementationFor } = require('./support/implementation');
const { listen } = require('./support/servers');
const { eventOf, until } = require('./support/waiting');

test(`the WebSocket that is passed in is that of ${expected}`, () => {
  assert.equal(implementationFor(), expected);
});

for (const [what, end] of Object.entries({
  'is terminated': (socket) => socket.terminate(),
  'is reset': (socket) => socket._socket.resetAndDestroy(),
  'is closed with 1012': (socket) => socket.close(1012, 'restart'),
})) {
  test(`it comes back when the connection ${what}, and sends what was buffered`, async (t) => {
    const { server, url } = await startServer(t);
    const received = [];
    server.on('connection', (socket) => {
      socket.on('message', (data) => received.push(String(data)));
    });
    const accepted = eventOf(server, 'connection');
    const client = connect(t, url);
    client.send('before the first connection');
    const [first] = await accepted;
    await until(() => received.length === 1, 'what was buffered did not come');
    const again = eventOf(server, 'connection');
    const closed = eventOf(client, 'close');

    end(first);
    await closed;
    client.send('while there is none: 1');
    client.send(Buffer.from('while there is none: 2'));
    assert.ok(client.bufferedAmount >= 44);
    await again;
    await until(() => received.length === 3, 'what was buffered did not come');

    assert.deepEqual(received, [
      'before the first connection',
      'while there is none: 1',
      'while there is none: 2',
    ]);
    assert.equal(client.readyState, ReconnectingWebSocket.OPEN);
  });
}

test('it finds a server that only comes up later', async (t) => {
  const { httpServer, url, port, server } = await startServer(t);
  await new Promise((resolve) => httpServer.close(resolve));
  const errors = [];
  const client = connect(t, url);
  client.addEventListener('error', ({ message }) => errors.push(message));
  await until(() => errors.length >= 2, 'no attempt has failed');

  const accepted = eventOf(server, 'connection');
  httpServer.listen(port, '127.0.0.1');
  await accepted;

  assert.match(errors[0], /ECONNREFUSED/);
  assert.ok(client.retryCount >= 1);
});

test('it turns to the next address, with the subprotocol, when one refuses', async (t) => {
  const busy = http.createServer();
  const busyPort = await listen(t, busy);
  busy.on('upgrade', (request, socket) => {
    socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
  });
  const { server, url } = await startServer(t);
  const addresses = [`ws://127.0.0.1:${busyPort}`, url];
  const accepted = eventOf(server, 'connection');
  const client = connect(t, () => addresses.shift(), { protocols: ['chat'] });

  const [{ message }] = await eventOf(client, 'error');
  const [socket] = await accepted;
  if (client.readyState !== WebSocket.OPEN) await eventOf(client, 'open');

  assert.equal(message, 'Unexpected server response: 503');
  assert.equal(socket.protocol, 'chat');
  assert.equal(client.protocol, 'chat');
  assert.equal(client.url, `${url}/`);
});

test('its events and binary type are those of the connection of the moment', async (t) => {
  const { server, url } = await startServer(t);
  server.on('connection', (socket) => socket.send(Buffer.from([7, 8])));
  const client = connect(t, url);
  client.binaryType = 'arraybuffer';
  const lengths = [];
  client.onmessage = ({ data }) => {
    assert.ok(data instanceof ArrayBuffer);
    lengths.push(data.byteLength);
  };
  await until(() => lengths.length === 1, 'no message came');

  client.reconnect(4000, 'a new one');
  await until(() => lengths.length === 2, 'no message came again');

  assert.deepEqual(lengths, [2, 2]);
});

test('close() is final', async (t) => {
  const { server, url } = await startServer(t);
  const accepted = eventOf(server, 'connection');
  const client = connect(t, url);
  const [socket] = await accepted;
  if (client.readyState !== WebSocket.OPEN) await eventOf(client, 'open');
  let count = 0;
  server.on('connection', () => (count += 1));
  const closedHere = eventOf(client, 'close');
  const closedThere = eventOf(socket, 'close');

  client.close(4321, 'enough');

  const [{ code }] = await closedHere;
  const [codeThere, reasonThere] = await closedThere;
  assert.equal(code, 4321);
  assert.equal(codeThere, 4321);
  assert.equal(String(reasonThere), 'enough');
  assert.equal(count, 0);
  assert.equal(client.readyState, ReconnectingWebSocket.CLOSED);
});

async function startServer(t) {
  const httpServer = http.createServer();
  const server = new WebSocket.Server({ server: httpServer });
  const port = await listen(t, httpServer);
  return { httpServer, port, server, url: `ws://127.0.0.1:${port}` };
}

/** A client that tries often, and no more when the test has ended. */
function connect(t, url, { protocols, ...options } = {}) {
  const client = new ReconnectingWebSocket(url, protocols, {
    WebSocket,
    maxReconnectionDelay: 20,
    minReconnectionDelay: 5,
    minUptime: 1,
    ...options,
  });
  t.after(() => client.close());
  return client;
}
