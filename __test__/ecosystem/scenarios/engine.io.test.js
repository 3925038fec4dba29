'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const WebSocket = require('ws');

const {
  expected,
  usesExpectedImplementation,
} = require('./support/implementation');
const { connect, startServer } = require('./support/engine-io');
const { eventOf, until } = require('./support/waiting');

usesExpectedImplementation('engine.io');

class OwnServer extends WebSocket.WebSocketServer {
  handshakes = 0;

  handleUpgrade(...args) {
    this.handshakes += 1;
    super.handleUpgrade(...args);
  }
}

/** `hawser` is also there under its own name, for this. */
const ENGINES = {
  'none given': {},
  "require('ws').Server": { wsEngine: WebSocket.Server },
  'Server of the package by its own name': {
    wsEngine: require(expected).Server,
  },
  'WebSocketServer of the package by its own name': {
    wsEngine: require(expected).WebSocketServer,
  },
  'a class derived from it': { wsEngine: OwnServer },
};

for (const [name, options] of Object.entries(ENGINES)) {
  test(`with wsEngine: ${name}, text and binary messages go both ways`, async (t) => {
    const here = await startServer(t, options);
    if (options.wsEngine) {
      assert.ok(here.server.ws instanceof options.wsEngine);
    }
    const { client, socket } = await connect(t, here);
    socket.on('message', (data) => socket.send(data));
    const bytes = Buffer.from([0, 1, 254, 255]);

    client.send('text ü');
    const [text] = await eventOf(client, 'message');
    client.send(bytes);
    const [binary] = await eventOf(client, 'message');
    client.binaryType = 'arraybuffer';
    client.transport.ws.binaryType = 'arraybuffer';
    client.send(bytes);
    const [buffer] = await eventOf(client, 'message');

    assert.equal(text, 'text ü');
    assert.ok(Buffer.isBuffer(binary) && binary.equals(bytes));
    assert.ok(buffer instanceof ArrayBuffer);
    assert.ok(Buffer.from(buffer).equals(bytes));
    assert.equal(here.server.ws.handshakes ?? 1, 1);
  });
}

test('the address of the client is known, also after it has gone', async (t) => {
  const here = await startServer(t);
  const { client, socket } = await connect(t, here);
  const closed = eventOf(socket, 'close');

  client.close();
  const [reason] = await closed;

  assert.equal(reason, 'transport close');
  assert.equal(socket.remoteAddress, '127.0.0.1');
});

test('headers that a listener adds are in the answer to the handshake', async (t) => {
  const here = await startServer(t);
  here.server.on('initial_headers', (headers) => {
    headers['X-First'] = 'yes';
  });
  here.server.on('headers', (headers) => {
    headers['X-Each'] = ['a', 'b'].join();
  });
  const client = new WebSocket(
    `ws://127.0.0.1:${here.port}/engine.io/?EIO=4&transport=websocket`,
  );
  t.after(() => client.terminate());

  const [{ headers }] = await eventOf(client, 'upgrade');

  assert.equal(headers['x-first'], 'yes');
  assert.equal(headers['x-each'], 'a,b');
});

test('flush, drain and the callbacks of send() come in order', async (t) => {
  const here = await startServer(t);
  const { client, socket } = await connect(t, here);
  const received = [];
  client.on('message', (text) => received.push(text));
  await until(() => socket.transport.writable, 'the handshake was not sent');
  const events = [];
  socket.on('flush', (packets) => events.push(`flush ${packets.length}`));
  socket.on('drain', () => events.push('drain'));

  socket.send('a', () => events.push('a was sent'));
  socket.send('b', () => events.push('b was sent'));
  await until(() => received.length === 2, 'the messages did not arrive');
  await until(() => events.length >= 6, 'not all events came');

  assert.deepEqual(received, ['a', 'b']);
  assert.deepEqual(events, [
    'flush 1',
    'drain',
    'a was sent',
    'flush 1',
    'drain',
    'b was sent',
  ]);
});

test('the upgrade from polling keeps every message, and their order', async (t) => {
  const here = await startServer(t);
  const { client, socket } = await connect(t, here, {
    transports: ['polling', 'websocket'],
  });
  const received = [];
  socket.on('message', (text) => received.push(text));
  const back = [];
  client.on('message', (text) => back.push(text));
  const isOver = () =>
    [client, socket].every((end) => end.transport.name === 'websocket');

  let count = 0;
  await until(() => {
    for (let i = 0; i < 5; i++, count++) {
      client.send(String(count));
      socket.send(String(count));
    }
    return isOver();
  }, 'the transport was not upgraded');
  await until(
    () => received.length === count && back.length === count,
    'messages were lost',
  );

  const all = Array.from({ length: count }, (_, i) => String(i));
  assert.deepEqual(received, all);
  assert.deepEqual(back, all);
});

test('a message at maxHttpBufferSize is taken, one byte more closes with 1009', async (t) => {
  const here = await startServer(t, { maxHttpBufferSize: 500 });
  const { client, socket } = await connect(t, here);
  const lengths = [];
  socket.on('message', (data) => lengths.push(data.length));
  const closedThere = eventOf(socket, 'close');
  const closedHere = eventOf(client, 'close');

  client.send(Buffer.alloc(500));
  client.send(Buffer.alloc(501));

  const [reason, error] = await closedThere;
  assert.equal(reason, 'transport error');
  assert.match(error.message, /Max payload size exceeded/);
  const [, { context }] = await closedHere;
  assert.equal(context.code, 1009);
  assert.deepEqual(lengths, [500]);
});

test('perMessageDeflate is negotiated and used above its threshold', async (t) => {
  const here = await startServer(t, { perMessageDeflate: { threshold: 100 } });
  const { client, socket } = await connect(t, here);
  assert.match(client.transport.ws.extensions, /permessage-deflate/);
  const tcp = client.transport.ws._socket;
  const text = 'again and '.repeat(50_000);

  const before = tcp.bytesRead;
  socket.send(text);
  const [received] = await eventOf(client, 'message');

  assert.equal(received, text);
  assert.ok(tcp.bytesRead - before < 10_000);
});

test('a client that answers no ping is closed', async (t) => {
  const here = await startServer(t, { pingInterval: 20, pingTimeout: 40 });
  const { client, socket } = await connect(t, here);
  // As a client whose machine sleeps: it reads nothing any more.
  const websocket = client.transport.ws;
  t.after(() => websocket.terminate());
  websocket.pause();

  const [reason] = await eventOf(socket, 'close');

  assert.equal(reason, 'ping timeout');
});

test('an upgrade request for another path is ended after a while', async (t) => {
  const here = await startServer(t, { destroyUpgradeTimeout: 20 });
  const client = new WebSocket(`ws://127.0.0.1:${here.port}/elsewhere`);

  const [error] = await eventOf(client, 'error');

  assert.equal(error.code, 'ECONNRESET');
  assert.equal(error.message, 'socket hang up');
});

test('an unknown session is refused in words', async (t) => {
  const here = await startServer(t);
  const refused = eventOf(here.server, 'connection_error');
  const client = new WebSocket(
    `ws://127.0.0.1:${here.port}/engine.io/?EIO=4&transport=websocket&sid=none`,
  );

  const [, response] = await eventOf(client, 'unexpected-response');
  let body = '';
  for await (const chunk of response) body += chunk;

  assert.equal(response.statusCode, 400);
  assert.equal(body, 'Session ID unknown');
  const [reason] = await refused;
  assert.equal(reason.code, 1);
});

test('close() of the server ends every connection', async (t) => {
  const here = await startServer(t);
  const clients = [];
  for (let i = 0; i < 3; i++) clients.push((await connect(t, here)).client);
  const closed = clients.map((client) => eventOf(client, 'close'));

  here.server.close();

  for (const event of closed) assert.equal((await event)[0], 'transport close');
  assert.equal(here.server.clientsCount, 0);
});
