'use strict';

// What the engine reads in place of Node's HTTP server must look as if that had
// read it; and what it does not read must reach that untouched.

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { test } = require('node:test');
const { startServer } = require('./support/connections');
const { connectRawClient, readHandshake } = require('./support/raw-peer');
const { WebSocket, WebSocketServer } = require('./support/subject');
const { eventOf, until } = require('./support/waiting');

const Subject = { WebSocketServer };

const REQUEST = [
  'GET /chat?room=1 HTTP/1.1',
  'Host: example.com:80',
  'cookie: a=1',
  'Connection: keep-alive, Upgrade',
  'Upgrade: WebSocket',
  'Cookie:  b=2  ',
  'X-Twice: one',
  'x-twice: two',
  'User-Agent: one',
  'user-agent: two',
  'Empty:',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==',
  '\r\n',
].join('\r\n');

const OF_REQUESTS = [
  'aborted',
  'complete',
  'destroyed',
  'errored',
  'headers',
  'headersDistinct',
  'httpVersion',
  'httpVersionMajor',
  'httpVersionMinor',
  'joinDuplicateHeaders',
  'method',
  'parser',
  'rawHeaders',
  'rawTrailers',
  'readable',
  'readableEnded',
  'readableFlowing',
  'readableHighWaterMark',
  'readableLength',
  'statusCode',
  'statusMessage',
  'trailers',
  'trailersDistinct',
  'upgrade',
  'url',
];

test('a request is what an HTTP server makes of it', async (t) => {
  const { wss, port } = await startServer(t, Subject);
  const plain = http.createServer();
  await new Promise((resolve) => plain.listen(0, '127.0.0.1', resolve));
  t.after(() => plain.close());
  wss.on('connection', (websocket, request) => {
    wss.emit('request', request);
    websocket.terminate();
  });
  plain.on('upgrade', (request, socket) => {
    plain.emit('request', request);
    socket.destroy();
  });

  const [request] = await requestTo(t, wss, port);
  const [expected] = await requestTo(t, plain, plain.address().port);

  for (const name of OF_REQUESTS) {
    assert.deepEqual(request[name], expected[name], name);
  }
  assert.equal(request.constructor, http.IncomingMessage);
  assert.ok(request instanceof http.IncomingMessage);
  assert.equal(request.connection, request.socket);
  assert.equal(request.client, request.socket);
  for await (const chunk of request) assert.fail(`a body: ${chunk}`);
  assert.ok(request.readableEnded);
});

async function requestTo(t, server, port) {
  const request = eventOf(server, 'request');
  const client = net.connect(port, '127.0.0.1');
  t.after(() => client.destroy());
  client.on('error', () => {});
  client.write(REQUEST);
  return request;
}

test('properties of a request can be set', async (t) => {
  const { wss, port } = await startServer(t, Subject);
  const connected = eventOf(wss, 'connection');
  await connectRawClient(t, port);
  const [websocket, request] = await connected;

  request.rawHeaders = ['A', 'b'];
  assert.deepEqual(request.rawHeaders, ['A', 'b']);
  request.socket = 'mine';
  assert.equal(request.socket, 'mine');
  websocket.terminate();
});

test('a request may come in pieces', async (t) => {
  const { wss, port } = await startServer(t, Subject);
  const connected = eventOf(wss, 'connection');
  const client = net.connect({ port, host: '127.0.0.1', noDelay: true });
  t.after(() => client.destroy());
  for (const piece of REQUEST.match(/[^]{1,40}/g)) {
    client.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }

  const [websocket, request] = await connected;
  const { handshake } = await readHandshake(client);

  assert.equal(request.url, '/chat?room=1');
  assert.match(handshake, /^HTTP\/1\.1 101 /);
  websocket.terminate();
});

for (const [what, bytes, status] of [
  ['a plain request', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 426],
  ['a request that is none', 'hello\r\n\r\n', 400],
  ['a head of 20 KB', REQUEST.replace('b=2', 'x'.repeat(20_000)), 431],
  ['a request without a key', REQUEST.replace('-Key', '-Kee'), 400],
]) {
  test(`${what} is answered with ${status}`, async (t) => {
    const { port } = await startServer(t, Subject);
    const client = net.connect(port, '127.0.0.1');
    t.after(() => client.destroy());
    client.write(bytes);

    const { handshake } = await readHandshake(client);

    assert.ok(handshake.startsWith(`HTTP/1.1 ${status} `), handshake);
  });
}

test('clients that leave before the handshake leave nothing behind', async (t) => {
  const { wss, port } = await startServer(t, Subject);
  wss.on('connection', () => assert.fail('a connection'));
  for (const bytes of ['', REQUEST.slice(0, 50)]) {
    for (const leave of ['destroy', 'end', 'resetAndDestroy']) {
      const client = net.connect(port, '127.0.0.1');
      client.resume();
      await eventOf(client, 'connect');
      if (bytes) client.write(bytes);
      client[leave]();
      await until(() => client.destroyed, 'the client is still there');
    }
  }

  await new Promise((resolve) => wss.close(resolve));
});

test('a client that says nothing for long is served when it speaks', async (t) => {
  const { wss, port } = await startServer(t, Subject);
  const connected = eventOf(wss, 'connection');
  const client = net.connect(port, '127.0.0.1');
  t.after(() => client.destroy());
  // Long enough for the engine to lose its patience with it.
  await new Promise((resolve) => setTimeout(resolve, 700));
  client.write(REQUEST);

  const [websocket] = await connected;

  websocket.terminate();
});

test('the server that listens counts connections from the first on', async (t) => {
  const { wss, port } = await startServer(t, Subject);
  for (let i = 0; i < 3; i++) await connectRawClient(t, port);
  const { _server: server } = wss;
  const count = () =>
    new Promise((resolve) => {
      server.getConnections((error, number) => resolve(number));
    });

  assert.equal(await count(), 3);
  for (const websocket of wss.clients) websocket.terminate();
  await until(async () => (await count()) === 0, 'they still count');
});

test('who looks at the server hears of the next connections', async (t) => {
  const { wss, port } = await startServer(t, Subject);
  await connectRawClient(t, port);
  const waiting = net.connect(port, '127.0.0.1');
  t.after(() => waiting.destroy());
  await eventOf(waiting, 'connect');
  await new Promise((resolve) => setImmediate(resolve));
  const upgraded = eventOf(wss._server, 'upgrade');

  waiting.write(REQUEST);

  const [request, socket] = await upgraded;
  assert.equal(request.url, '/chat?room=1');
  assert.equal(socket.server, wss._server);
});

test('a server that closes waits for its connections', async (t) => {
  const { wss, port } = await startServer(t, Subject);
  const connected = eventOf(wss, 'connection');
  const raw = await connectRawClient(t, port);
  const [websocket] = await connected;
  let isClosed = false;
  const closed = new Promise((resolve) => wss.close(resolve));
  closed.then(() => (isClosed = true));
  await new Promise((resolve) => setImmediate(resolve));

  assert.equal(isClosed, false);
  assert.equal(websocket.readyState, WebSocket.OPEN);
  raw.close(1000);
  raw.socket.end();
  await closed;
});

test('an exception of a connection listener is uncaught, and others are served', async (t) => {
  const { wss, port } = await startServer(t, Subject);
  const uncaught = new Promise((resolve) => {
    process.setUncaughtExceptionCaptureCallback(resolve);
  });
  t.after(() => process.setUncaughtExceptionCaptureCallback(null));
  wss.once('connection', () => {
    throw new Error('of the listener');
  });
  const first = await connectRawClient(t, port);

  assert.equal((await uncaught).message, 'of the listener');
  const echoed = eventOf(wss, 'connection');
  const raw = await connectRawClient(t, port);
  const [websocket] = await echoed;
  const message = eventOf(websocket, 'message');
  raw.text('hello');
  assert.equal(String((await message)[0]), 'hello');
  first.socket.destroy();
});
