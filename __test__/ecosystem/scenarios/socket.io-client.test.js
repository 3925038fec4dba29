'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { io } = require('socket.io-client');

const { usesExpectedImplementation } = require('./support/implementation');
const {
  connect,
  engineOf,
  startServer,
  websocketOf,
} = require('./support/socket-io');
const { eventOf, within } = require('./support/waiting');

usesExpectedImplementation('socket.io-client', 'engine.io-client');

/** How a connection can end, and what the client says was the reason. */
const ENDS = {
  'the server closes the transport': {
    end: (socket) => socket.conn.close(),
    reason: 'transport close',
  },
  'the WebSocket is terminated': {
    end: (socket) => websocketOf(socket).terminate(),
    reason: 'transport close',
  },
  'the TCP connection is reset': {
    end: (socket) => websocketOf(socket)._socket.resetAndDestroy(),
    reason: 'transport close',
  },
};

for (const [what, { end, reason }] of Object.entries(ENDS)) {
  test(`the client comes back when ${what}, with what it was to send`, async (t) => {
    const here = await startServer(t);
    const { client, socket } = await connect(t, here);
    const firstId = client.id;
    const received = [];
    const accepted = eventOf(here.server, 'connection');
    here.server.on('connection', (next) => {
      next.on('n', (n, answer) => {
        received.push(n);
        answer(n);
      });
    });
    const disconnected = eventOf(client, 'disconnect');

    end(socket);
    const [why] = await disconnected;
    assert.equal(why, reason);
    const answers = [1, 2, 3].map((n) => client.emitWithAck('n', n));

    assert.deepEqual(
      await within(Promise.all(answers), 'the client has not come back'),
      [1, 2, 3],
    );
    assert.deepEqual(received, [1, 2, 3]);
    const [again] = await accepted;
    assert.equal(again.id, client.id);
    assert.notEqual(client.id, firstId);
  });
}

test('a client that the server disconnects does not come back by itself', async (t) => {
  const here = await startServer(t);
  const { client, socket } = await connect(t, here);
  const disconnected = eventOf(client, 'disconnect');

  socket.disconnect(true);

  assert.equal((await disconnected)[0], 'io server disconnect');
  assert.equal(client.active, false);
  client.connect();
  await eventOf(client, 'connect');
});

test('with state recovery, a client that was cut off gets what it missed', async (t) => {
  const here = await startServer(t, { connectionStateRecovery: {} });
  const { client, socket } = await connect(t, here);
  socket.join('room');
  socket.data.name = 'Ada';
  const news = [];
  client.on('news', (value) => news.push(value));
  const first = eventOf(client, 'news');
  here.server.to('room').emit('news', 'first');
  await first;
  const accepted = eventOf(here.server, 'connection');
  const gone = eventOf(socket, 'disconnect');

  websocketOf(socket).terminate();
  await gone;
  here.server.to('room').emit('news', 'missed');
  const [again] = await accepted;
  const last = eventOf(client, 'news');
  if (!news.includes('missed')) await last;

  assert.equal(again.recovered, true);
  assert.equal(again.data.name, 'Ada');
  assert.deepEqual(news, ['first', 'missed']);
});

test('a server that does not answer pings in time is given up', async (t) => {
  const here = await startServer(t, { pingInterval: 40, pingTimeout: 60 });
  const { client, socket } = await connect(t, here, { reconnection: false });
  const disconnected = eventOf(client, 'disconnect');

  // The server's heartbeat is stopped; the connection itself is in order.
  clearTimeout(socket.conn.pingIntervalTimer);

  assert.equal((await disconnected)[0], 'ping timeout');
});

test('heartbeats keep a quiet connection alive', async (t) => {
  const here = await startServer(t, { pingInterval: 20, pingTimeout: 2000 });
  const { client } = await connect(t, here);
  const pings = [];
  engineOf(client).on('ping', () => pings.push('ping'));

  for (let i = 0; i < 5; i++) await eventOf(engineOf(client), 'ping');

  assert.equal(client.connected, true);
  assert.ok(pings.length >= 5);
});

test('headers, query and authentication come with the handshake', async (t) => {
  const here = await startServer(t, { cookie: { name: 'io', path: '/' } });
  here.server.use((socket, next) => {
    if (socket.handshake.auth.token === 'good') next();
    else next(Object.assign(new Error('no'), { data: { reason: 'token' } }));
  });
  const { socket } = await connect(t, here, {
    auth: { token: 'good' },
    extraHeaders: { 'X-Who': 'Ada' },
    query: { room: 'a&b' },
  });
  assert.equal(socket.handshake.headers['x-who'], 'Ada');
  assert.equal(socket.handshake.query.room, 'a&b');
  assert.equal(socket.handshake.address, '127.0.0.1');

  const [error] = await refusal(t, here);
  assert.equal(error.message, 'no');
  assert.deepEqual(error.data, { reason: 'token' });
});

test('a server that refuses WebSocket is an error of the connection', async (t) => {
  const here = await startServer(t, {
    allowRequest: (request, callback) => callback('go away', false),
  });

  const [error] = await refusal(t, here);

  assert.equal(error.message, 'websocket error');
  assert.equal(error.description.message, 'Unexpected server response: 400');
});

/** Connects, to be refused. */
async function refusal(t, { url }) {
  const client = io(url, {
    forceNew: true,
    reconnection: false,
    transports: ['websocket'],
  });
  t.after(() => client.disconnect());
  return eventOf(client, 'connect_error');
}
