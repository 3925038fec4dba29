'use strict';

/*
 * rpc-websockets: JSON-RPC with `ws` on both sides. The client begins to wait for an answer in the callback of send():
 * were that later than the answer, the answer would be lost.
 */

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Client, Server } = require('rpc-websockets');
const { WebSocket } = require('ws');
const { usesExpectedImplementation } = require('./support/implementation');
const { eventOf, until, within } = require('./support/waiting');

usesExpectedImplementation('rpc-websockets');

test('every call gets its own answer, one after the other and all at a time', async (t) => {
  const { connect, server } = await serve(t);
  server.register('add', ([a, b]) => a + b);
  server.register('later', async ([n]) => {
    for (let turn = 0; turn < n % 3; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { n };
  });
  const client = await connect('/');

  for (let n = 0; n < 50; n++) {
    assert.equal(await client.call('add', [n, 1]), n + 1);
  }
  const answers = await Promise.all(
    Array.from({ length: 500 }, (_, n) => client.call('later', [n])),
  );
  answers.forEach((answer, index) => assert.deepEqual(answer, { n: index }));
});

test('a large call is answered in full, compressed or not', async (t) => {
  const { connect, server } = await serve(t, { perMessageDeflate: true });
  server.register('reverse', ([text]) => [...text].reverse().join(''));
  const text = 'windward '.repeat(50_000);
  const client = await connect('/');

  for (const compress of [true, false]) {
    const [peer] = server.wss.clients;
    const before = peer._socket.bytesRead;
    const answer = await client.call('reverse', [text], 10_000, { compress });
    assert.equal(answer, [...text].reverse().join(''));
    const onTheWire = peer._socket.bytesRead - before;
    assert.equal(onTheWire < text.length / 10, compress);
  }
});

test('errors of methods and missing methods come back', async (t) => {
  const { connect, server } = await serve(t);
  server.register('fail', () => {
    throw new RangeError('out of rum');
  });
  const client = await connect('/');
  await assert.rejects(client.call('fail', []), {
    code: -32000,
    message: 'RangeError',
    data: 'out of rum',
  });
  await assert.rejects(client.call('nothing', []), { code: -32601 });
});

test('no answer in time is an error', async (t) => {
  const { connect, server } = await serve(t);
  server.register('never', () => new Promise(() => {}));
  const client = await connect('/');
  await assert.rejects(client.call('never', [], 20), /reply timeout/);
});

test('protected methods want a login', async (t) => {
  const { connect, server } = await serve(t);
  server.setAuth(({ password }) => password === 'mutiny');
  server.register('treasure', () => 'X').protected();
  const client = await connect('/');

  await assert.rejects(client.call('treasure', []), { code: -32605 });
  await assert.rejects(client.login({ password: 'please' }));
  assert.equal(await client.login({ password: 'mutiny' }), true);
  assert.equal(await client.call('treasure', []), 'X');
});

test('events reach those who subscribed, in their namespace', async (t) => {
  const { connect, server } = await serve(t);
  server.event('bell', '/deck');
  server.event('bell', '/hold');
  const [one, other, quiet, below] = await Promise.all([
    connect('/deck'),
    connect('/deck'),
    connect('/deck'),
    connect('/hold'),
  ]);
  const heard = new Map();
  for (const client of [one, other, quiet, below]) {
    heard.set(client, []);
    client.on('bell', (...params) => heard.get(client).push(params));
  }
  for (const client of [one, other, below]) await client.subscribe('bell');

  for (let n = 0; n < 20; n++) server.of('/deck').emit('bell', n, 'strike');
  await until(
    () => heard.get(one).length === 20 && heard.get(other).length === 20,
    'not all events arrived',
  );
  await other.unsubscribe('bell');
  server.of('/deck').emit('bell', 'last');
  await until(() => heard.get(one).length === 21, 'the last one is missing');
  await other.call('__listMethods');

  const strikes = Array.from({ length: 20 }, (_, n) => [n, 'strike']);
  assert.deepEqual(heard.get(one), [...strikes, ['last']]);
  assert.deepEqual(heard.get(other), strikes);
  assert.deepEqual(heard.get(quiet), []);
  assert.deepEqual(heard.get(below), []);
});

test('a notification is heard without an answer, also when it comes as bytes', async (t) => {
  const { connect, server } = await serve(t);
  const seen = [];
  server.register('note', (params) => seen.push(params));
  const client = await connect('/');
  await client.notify('note', ['text']);
  const message = { jsonrpc: '2.0', method: 'note', params: ['bytes'] };
  client.socket.send(Buffer.from(JSON.stringify(message)));
  await until(() => seen.length === 2, 'the notes did not arrive');
  assert.deepEqual(seen, [['text'], ['bytes']]);
});

test('a client that lost its server comes back, one that was sent home does not', async (t) => {
  const { connect, server } = await serve(t);
  server.register('ping', () => 'pong');
  const client = await connect('/', { reconnect_interval: 5 });

  const closed = new Promise((resolve) => {
    client.once('close', (code, reason) => resolve([code, reason]));
  });
  const opened = eventOf(client, 'open');
  for (const peer of server.wss.clients) peer.terminate();
  assert.deepEqual(await within(closed, "no 'close' event"), [1006, '']);
  await opened;
  assert.equal(await client.call('ping', []), 'pong');

  const over = eventOf(client, 'close');
  for (const peer of server.wss.clients) peer.close(1000, 'home');
  const [code, reason] = await over;
  assert.deepEqual([code, reason], [1000, 'home']);
  assert.equal(client.socket, undefined);
  await assert.rejects(client.call('ping', []), /socket not ready/);
});

test('a client that gets no connection gives up after its attempts', async (t) => {
  let attempts = 0;
  const { url } = await serve(t, {
    verifyClient: (info, answer) => {
      attempts++;
      answer(false, 429, 'Slowly');
    },
  });
  const client = new Client(url, { reconnect_interval: 5, max_reconnects: 3 });
  const errors = [];
  client.on('error', (event) => errors.push(event.message));
  await eventOf(client, 'max_reconnects_reached');
  assert.equal(attempts, 3);
  assert.deepEqual(errors, Array(3).fill('Unexpected server response: 429'));
});

test('options of the client are options of the socket', async (t) => {
  const { connect, server } = await serve(t);
  const connection = eventOf(server, 'connection');
  const client = await connect('/', {
    headers: { 'X-Ticket': '4711' },
    perMessageDeflate: false,
  });
  const [peer, request] = await connection;
  assert.ok(peer instanceof WebSocket && client.socket instanceof WebSocket);
  assert.equal(request.headers['x-ticket'], '4711');
  assert.equal(request.headers['sec-websocket-extensions'], undefined);
});

test('a server that closes keeps whom it has, takes nobody else, and ends with the last', async (t) => {
  const { connect, server, url } = await serve(t);
  server.of('/deck').register('ping', () => 'pong');
  const deck = await connect('/deck', { reconnect: false });
  const ended = eventOf(server.wss, 'close');
  await server.close();

  const late = new Client(url, { reconnect: false });
  const [event] = await eventOf(late, 'error');
  assert.equal(event.error.code, 'ECONNREFUSED');
  assert.equal(await deck.call('ping', []), 'pong');
  const disconnection = eventOf(server, 'disconnection');
  deck.close(4004, 'last');
  await Promise.all([disconnection, ended]);
  assert.equal(server.namespaces['/deck'].clients.size, 0);
});

/** A server, and a way to connect to it. */
async function serve(t, options) {
  const server = new Server({ host: '127.0.0.1', port: 0, ...options });
  await eventOf(server, 'listening');
  const url = `ws://127.0.0.1:${server.wss.address().port}`;
  const clients = [];
  t.after(async () => {
    for (const client of clients) {
      client.setAutoReconnect(false);
      client.socket?.terminate();
    }
    await new Promise((resolve) => server.wss.close(() => resolve()));
  });
  return { connect, server, url };

  async function connect(namespace, clientOptions) {
    const client = new Client(url + namespace, clientOptions);
    clients.push(client);
    await eventOf(client, 'open');
    return client;
  }
}
