'use strict';

// Clients that connect and say nothing, or too little, or too slowly. Node's HTTP server ends their
// connections when its time is up, also where the engine has looked at them before; and they keep
// nobody else from being let in.

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { test } = require('node:test');
const {
  connectRaw,
  startServer,
  testInRoles,
} = require('../support/connections');
const { OPCODE } = require('../support/frames');
const { connectRawClient } = require('../support/raw-peer');
const subject = require('../support/subject');
const { upgradeRequest } = require('../support/upgrade-request');
const { eventOf, until } = require('../support/waiting');

const { WebSocket } = subject;

const REQUEST = [...upgradeRequest(), '\r\n'].join('\r\n');
const DEADLINE = {
  headersTimeout: 300,
  requestTimeout: 300,
  connectionsCheckingInterval: 50,
};

for (const [what, text] of [
  ['nothing', ''],
  ['one byte', 'G'],
  ['a request line', 'GET / HTTP/1.1\r\n'],
  ['all but the last byte', REQUEST.slice(0, -1)],
]) {
  for (const server of ['a port of its own', 'a server that is there']) {
    test(`a client that sends ${what} is timed out by ${server}`, async (t) => {
      const { port } = await startWithDeadline(t, server);
      const socket = net.connect(port, '127.0.0.1');
      t.after(() => socket.destroy());
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk));
      socket.on('error', () => {});
      const closed = eventOf(socket, 'close');

      socket.write(text);

      await closed;
      assert.match(answer, /^HTTP\/1\.1 408 /);
    });
  }
}

test('a client that sends a byte now and then is timed out', async (t) => {
  const { port } = await startWithDeadline(t, 'a port of its own');
  const socket = net.connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  let at = 0;
  const timer = setInterval(() => {
    if (!socket.destroyed) socket.write(REQUEST[at++]);
  }, 25);
  t.after(() => clearInterval(timer));
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk));
  socket.on('error', () => {});

  await eventOf(socket, 'close');

  assert.match(answer, /^HTTP\/1\.1 408 |^$/);
  assert.ok(at < REQUEST.length);
});

test('a request that comes byte by byte, in time, is answered', async (t) => {
  const { port, wss } = await startServer(t, subject);
  const connected = eventOf(wss, 'connection');
  const socket = net.connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.setNoDelay(true);
  await eventOf(socket, 'connect');

  for (const byte of REQUEST) {
    socket.write(byte);
    await new Promise(setImmediate);
  }

  const [ws] = await connected;
  ws.send('hello');
  const [chunk] = await eventOf(socket, 'data');
  assert.match(`${chunk}`, /^HTTP\/1\.1 101 /);
});

test('a WebSocket that is open has no such deadline', async (t) => {
  const { port, wss } = await startWithDeadline(t, 'a port of its own');
  const connected = eventOf(wss, 'connection');
  const raw = await connectRawClient(t, port);
  const [ws] = await connected;
  // Another one, meanwhile, shows that the time was up.
  const silent = net.connect(port, '127.0.0.1');
  silent.on('error', () => {});
  silent.resume();
  await eventOf(silent, 'close');

  ws.send('still here');

  assert.equal(`${(await raw.firstFrames(1))[0].payload}`, 'still here');
});

for (const [what, text] of [
  ['say nothing', ''],
  ['say too little', 'GET / HTTP/1.1\r\n'],
]) {
  test(`hundreds of clients that ${what} keep nobody out`, async (t) => {
    const { port, wss } = await startServer(t, subject);
    const silent = Array.from({ length: 400 }, () => {
      const socket = net.connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(text);
      return socket;
    });
    await Promise.all(silent.map((socket) => eventOf(socket, 'connect')));

    const peers = await Promise.all(
      Array.from({ length: 20 }, () => connectRawClient(t, port)),
    );

    assert.equal(wss.clients.size, 20);
    for (const ws of wss.clients) ws.send('hello');
    for (const raw of peers) await raw.firstFrames(1);
    // The server waits for them when it is closed.
    for (const socket of silent) socket.destroy();
  });
}

test('clients that go away before they say anything leave nothing behind', async (t) => {
  const { port, wss } = await startServer(t, subject);
  for (let round = 0; round < 100; round++) {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await eventOf(socket, 'connect');
    if (round % 4 === 1) socket.write('GET');
    if (round % 4 === 2) socket.end();
    else if (round % 4 === 3) socket.resetAndDestroy();
    else socket.destroy();
  }
  await connectRawClient(t, port);
  await until(
    () =>
      new Promise((resolve) => {
        wss._server.getConnections((error, count) => resolve(count === 1));
      }),
    'connections are left',
  );
});

test('a server that is closed ends with those that have said nothing', async (t) => {
  const wss = new subject.WebSocketServer({ port: 0, host: '127.0.0.1' });
  await eventOf(wss, 'listening');
  const { port } = wss.address();
  const sockets = [];
  for (let i = 0; i < 5; i++) {
    const socket = net.connect(port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.on('error', () => {});
    sockets.push(socket);
    await eventOf(socket, 'connect');
  }
  const closed = eventOf(wss, 'close');
  wss.close();
  for (const socket of sockets) socket.destroy();
  await closed;
});

test('a client gives up on a server that says nothing, or too little', async () => {
  for (const text of [
    '',
    'H',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: ',
  ]) {
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.write(text);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = new WebSocket(`ws://127.0.0.1:${server.address().port}`, {
      handshakeTimeout: 100,
    });
    const closed = eventOf(client, 'close');

    const [error] = await eventOf(client, 'error');

    assert.equal(error.message, 'Opening handshake has timed out');
    assert.equal((await closed)[0], 1006);
    server.close();
  }
});

testInRoles(
  'frames that come byte by byte are read as others are',
  async (t, role) => {
    const { subject: ws, raw } = await connectRaw(t, role);
    const received = eventOf(ws, 'message');
    raw.socket.setNoDelay(true);
    const bytes = Buffer.concat([
      raw.build({ opcode: OPCODE.TEXT, payload: 'grüß', fin: false }),
      raw.build({ opcode: OPCODE.PING, payload: 'ping' }),
      raw.build({ opcode: OPCODE.CONTINUATION, payload: ' dich' }),
    ]);

    for (const byte of bytes) {
      raw.socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }

    assert.equal(`${(await received)[0]}`, 'grüß dich');
    assert.equal(`${(await raw.firstFrames(1))[0].payload}`, 'ping');
  },
);

/** A server whose HTTP server has little patience. */
async function startWithDeadline(t, kind) {
  if (kind === 'a port of its own') {
    // It has no options for its HTTP server.
    const { createServer } = http;
    t.mock.method(http, 'createServer', (listener) =>
      createServer(DEADLINE, listener),
    );
    const started = await startServer(t, subject);
    t.mock.restoreAll();
    return started;
  }
  const server = http.createServer(DEADLINE);
  const wss = new subject.WebSocketServer({ server });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const ws of wss.clients) ws.terminate();
    server.close();
  });
  return { wss, port: server.address().port };
}
