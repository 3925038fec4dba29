'use strict';

// hawser only: which handshakes the engine does, and which it leaves to Node.

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const diagnostics = require('node:diagnostics_channel');
const fs = require('node:fs');
const net = require('node:net');
const { test } = require('node:test');
const { configure, WebSocket, WebSocketServer } = require('..');
const { startServer } = require('./support/connections');
const { connectRawClient } = require('./support/raw-peer');
const { closeOf, eventOf, until } = require('./support/waiting');

configure({ takeover: true });

/** Elsewhere no socket is taken over from Node. */
const IS_SUPPORTED = process.platform !== 'win32';

test('a server with a port of its own needs no socket of Node', async (t) => {
  assert.equal(await isNative(t, await start(t)), IS_SUPPORTED);
});

for (const [what, change] of [
  ['compression', { perMessageDeflate: true }],
  ['a path', { path: '/' }],
]) {
  test(`nor does one with ${what}`, async (t) => {
    assert.equal(await isNative(t, await start(t, change)), IS_SUPPORTED);
  });
}

for (const [what, change] of [
  ['verifies clients', (wss) => (wss.options.verifyClient = () => true)],
  ['listens to headers', (wss) => wss.on('headers', () => {})],
  ['has its server looked at', (wss) => void wss._server],
  ['has a handleUpgrade() of its own', replace('handleUpgrade')],
  ['has a completeUpgrade() of its own', replace('completeUpgrade')],
  ['has a shouldHandle() of its own', replace('shouldHandle')],
  ['has an emit() of its own', replace('emit')],
  [
    'chooses the protocol',
    (wss) => (wss.options.handleProtocols = ([first]) => first),
  ],
  [
    'has connections of a class of its own',
    (wss) => (wss.options.WebSocket = class extends WebSocket {}),
  ],
]) {
  test(`one that ${what} leaves handshakes to Node`, async (t) => {
    const server = await start(t);
    assert.equal(await isNative(t, server), IS_SUPPORTED);

    change(server.wss);

    assert.equal(await isNative(t, server), false);
  });
}

test('Node does handshakes while somebody watches its sockets', async (t) => {
  const server = await start(t);
  const watch = () => {};

  diagnostics.subscribe('net.server.socket', watch);
  assert.equal(await isNative(t, server), false);
  diagnostics.unsubscribe('net.server.socket', watch);
  assert.equal(await isNative(t, server), IS_SUPPORTED);
});

test('configure() leaves handshakes to Node', async (t) => {
  const server = await start(t);
  t.after(() => configure({ nativeHandshake: true }));

  configure({ nativeHandshake: false });

  assert.equal(await isNative(t, server), false);
});

test('listeners of a server see the context that it was made in', async (t) => {
  const storage = new AsyncLocalStorage();
  const seen = {};
  const { wss, port } = await storage.run('mine', () => start(t));
  wss.on('connection', (websocket) => {
    seen.connection = storage.getStore();
    for (const event of ['message', 'close']) {
      websocket.on(event, () => (seen[event] = storage.getStore()));
    }
    if (wss.clients.size === 1) storage.enterWith('of one connection');
  });
  const first = await storage.run('not mine', () => connectRawClient(t, port));
  await until(() => 'connection' in seen, 'no connection');
  delete seen.connection;

  const raw = await connectRawClient(t, port);
  const [, websocket] = wss.clients;
  raw.text('hello');
  raw.close(1000);
  raw.socket.end();
  await closeOf(websocket);

  const expected = { connection: 'mine', message: 'mine', close: 'mine' };
  if (IS_SUPPORTED) assert.deepEqual(seen, expected);
  first.socket.destroy();
});

test('no descriptor is left behind', async (t) => {
  const { wss, port } = await start(t);
  const before = descriptors();

  for (let i = 0; i < 300; i++) {
    const client = net.connect(port, '127.0.0.1');
    client.on('error', () => {});
    await eventOf(client, 'connect');
    if (i % 3 > 0) client.write('GET / HTTP/1.1\r\n');
    if (i % 3 > 1) client.write('Upgrade: websocket\r\n\r\n');
    client.resetAndDestroy();
  }
  for (let i = 0; i < 100; i++) {
    const raw = await connectRawClient(t, port);
    raw.socket.resetAndDestroy();
  }

  await until(() => wss.clients.size === 0, 'clients are left');
  await until(() => descriptors() <= before, 'descriptors are left');
});

/** How many there are; nothing but numbers that are equal where none can be counted. */
function descriptors() {
  return fs.existsSync('/proc/self/fd')
    ? fs.readdirSync('/proc/self/fd').length
    : 0;
}

function start(t, options) {
  return startServer(t, { WebSocketServer }, options);
}

/** Connects, and says whether Node has made a socket for that. */
async function isNative(t, { wss, port }) {
  const connected = eventOf(wss, 'connection');
  const headers = ['Sec-WebSocket-Protocol: a, b'];
  const raw = await connectRawClient(t, port, { headers });
  const [websocket, request] = await connected;
  const closed = closeOf(websocket);
  raw.socket.destroy();
  await closed;

  return !Object.hasOwn(request, 'socket');
}

/** Puts another method of the same effect in the place of one. */
function replace(name) {
  return (wss) => {
    const original = wss[name];

    wss[name] = function replaced(...args) {
      return original.apply(this, args);
    };
  };
}
