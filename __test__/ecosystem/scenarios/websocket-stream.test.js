'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const { Aedes } = require('aedes');
const mqtt = require('mqtt');
const WebSocket = require('ws');
const websocketStream = require('websocket-stream');

const { usesExpectedImplementation } = require('./support/implementation');
const { listen } = require('./support/servers');
const { eventOf, until } = require('./support/waiting');

usesExpectedImplementation('websocket-stream');

/*
 * It was written for ws 3, and is still what many brokers are set up with: handler properties, `send()` with a callback
 * for each chunk, a class derived from `WebSocket.Server`. With ws 8 a client has to name its subprotocols, even none.
 */

test('what is piped through an echo comes back whole', async (t) => {
  const { server, url } = await start(t);
  server.on('stream', (stream) => stream.pipe(stream));
  const bytes = Buffer.alloc(2_000_000, (_, i) => (i * 7) % 253);
  const client = websocketStream(url, []);
  const received = [];
  client.on('data', (chunk) => received.push(chunk));

  const parts = Array.from({ length: 40 }, (_, i) =>
    bytes.subarray(i * 50_000, (i + 1) * 50_000),
  );
  for (const part of parts) client.write(part);
  await until(
    () => Buffer.concat(received).length >= bytes.length,
    'bytes are missing',
  );

  assert.ok(Buffer.concat(received).equals(bytes));
  client.destroy();
  await eventOf(client, 'close');
});

test('a handshake that fails is an error of the stream', async () => {
  const server = http.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));

  const [error] = await eventOf(
    websocketStream(`ws://127.0.0.1:${port}`, []),
    'error',
  );

  assert.equal(error.code ?? error.error?.code, 'ECONNREFUSED');
});

test('a broker behind it serves MQTT over WebSocket, with QoS 2 and a will', async (t) => {
  const { server, url } = await start(t);
  const broker = await Aedes.createBroker();
  t.after(() => new Promise((resolve) => broker.close(resolve)));
  server.on('stream', broker.handle);
  const [watcher, client] = await Promise.all(
    ['watcher', 'client'].map(async (clientId) => {
      const one = mqtt.connect(url, {
        clientId,
        reconnectPeriod: 0,
        will: { topic: 'wills', payload: clientId },
      });
      t.after(() => one.endAsync(true));
      await eventOf(one, 'connect');
      return one;
    }),
  );
  const heard = [];
  watcher.on('message', (topic, payload) => {
    heard.push([topic, payload.length]);
  });
  await watcher.subscribeAsync('#', { qos: 2 });

  await client.publishAsync('large', Buffer.alloc(500_000), { qos: 2 });
  client.stream.destroy();
  await until(() => heard.length === 2, 'messages are missing');

  assert.deepEqual(heard, [
    ['large', 500_000],
    ['wills', 'client'.length],
  ]);
});

async function start(t) {
  const httpServer = http.createServer();
  const server = websocketStream.createServer({
    perMessageDeflate: false,
    server: httpServer,
  });
  assert.ok(server instanceof WebSocket.Server);
  const port = await listen(t, httpServer);
  return { server, url: `ws://127.0.0.1:${port}` };
}
