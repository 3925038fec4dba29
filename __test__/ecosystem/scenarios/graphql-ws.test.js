'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const { createClient, CloseCode } = require('graphql-ws');
const { useServer } = require('graphql-ws/use/ws');
const WebSocket = require('ws');

const { collect, schema } = require('./support/graphql');
const { usesExpectedImplementation } = require('./support/implementation');
const { listen } = require('./support/servers');
const { eventOf, until, within } = require('./support/waiting');

usesExpectedImplementation('graphql-ws');

test('a query, a mutation of its variables and an error are answered', async (t) => {
  const { url } = await startServer(t);
  const client = connect(t, url);

  assert.deepEqual(
    await collect(client, 'query ($n: String) { hello(name: $n) }', {
      n: 'ü😀',
    }),
    [{ hello: 'Hello, ü😀!' }],
  );
  await assert.rejects(collect(client, '{ nothing }'), (errors) =>
    /Cannot query field "nothing"/.test(errors[0].message),
  );
  assert.deepEqual(await collect(client, '{ hello(name: "again") }'), [
    { hello: 'Hello, again!' },
  ]);
});

for (const [what, options] of Object.entries({
  'as they are': {},
  compressed: { perMessageDeflate: { threshold: 0 } },
})) {
  test(`subscriptions stream their values in order, side by side, ${what}`, async (t) => {
    const { url } = await startServer(t, {}, options);
    const client = connect(t, url);
    const query = 'subscription ($to: Int!) { count(to: $to) }';

    const streams = await Promise.all(
      [500, 1, 300].map((to) => collect(client, query, { to })),
    );

    for (const [i, to] of [500, 1, 300].entries()) {
      assert.deepEqual(
        streams[i].map(({ count }) => count),
        Array.from({ length: to }, (_, n) => n + 1),
      );
    }
  });
}

test('who has had enough of a subscription ends it at the server', async (t) => {
  let hasEnded = false;
  const { url } = await startServer(t, {
    context: { onTicksEnd: () => (hasEnded = true) },
  });
  const client = connect(t, url);
  const seen = [];

  for await (const { data } of client.iterate({
    query: 'subscription { ticks }',
  })) {
    seen.push(data.ticks);
    if (seen.length === 20) break;
  }
  await until(() => hasEnded, 'the subscription goes on at the server');

  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, n) => n + 1),
  );
});

test('a subscription ends at the server when the connection is cut', async (t) => {
  let hasEnded = false;
  const { url, wss } = await startServer(t, {
    context: { onTicksEnd: () => (hasEnded = true) },
  });
  const client = connect(t, url, { retryAttempts: 0 });
  const results = client.iterate({ query: 'subscription { ticks }' });
  await results.next();

  for (const socket of wss.clients) socket.terminate();

  await assert.rejects(
    async () => {
      for await (const { data } of results) assert.ok(data.ticks > 0);
    },
    ({ code, wasClean }) => code === 1006 && wasClean === false,
  );
  await until(() => hasEnded, 'the subscription goes on at the server');
});

test('a client that was cut off connects again and subscribes again', async (t) => {
  const { url, wss } = await startServer(t);
  let connections = 0;
  wss.on('connection', () => (connections += 1));
  const client = connect(t, url, {
    retryAttempts: 5,
    retryWait: async () => {},
  });
  const results = client.iterate({ query: 'subscription { ticks }' });
  await results.next();

  for (const socket of wss.clients) socket.terminate();
  await until(async () => {
    await results.next();
    return connections === 2;
  }, 'the client has not come back');

  const { value } = await results.next();
  assert.ok(value.data.ticks > 0);
  await results.return();
});

test('the server pings, and terminates who does not answer', async (t) => {
  const { url, wss } = await startServer(t, {}, {}, 30);
  let pings = 0;
  const lively = connect(t, url, {
    lazy: false,
    on: { opened: (socket) => socket.on('ping', () => (pings += 1)) },
  });
  await until(() => pings >= 3, 'the server does not ping');
  assert.equal(wss.clients.size, 1);

  const deaf = new WebSocket(url, 'graphql-transport-ws', { autoPong: false });
  const [code] = await eventOf(deaf, 'close');

  assert.equal(code, 1006);
  assert.deepEqual(await collect(lively, '{ hello(name: "still") }'), [
    { hello: 'Hello, still!' },
  ]);
});

test('the client pings in its own way, and gives up on a server that does not answer', async (t) => {
  const { url, wss } = await startServer(t);
  const pongs = [];
  connect(t, url, {
    keepAlive: 20,
    lazy: false,
    on: { pong: (received) => pongs.push(received) },
  });
  await until(() => pongs.length >= 3, 'the server does not answer');
  assert.ok(pongs.every((received) => received));

  let silence;
  const other = connect(t, url, {
    keepAlive: 20,
    lazy: false,
    retryAttempts: 0,
    onNonLazyError: () => {},
    on: {
      ping: (received) => {
        if (received) return;
        silence ??= setTimeout(() => other.terminate(), 50);
      },
      pong: () => clearTimeout(silence),
      connected: () => {
        for (const socket of wss.clients) socket.pause();
      },
    },
  });
  const closed = new Promise((resolve) => other.on('closed', resolve));
  const { code } = await within(closed, 'the client has not given up');
  for (const socket of wss.clients) socket.terminate();
  assert.equal(code, 4499);
});

/** What a client of one's own gets for breaking the protocol. */
const FAULTS = {
  'an invalid message': {
    messages: ['no JSON'],
    code: CloseCode.BadRequest,
    reason: /^Invalid message received$/,
  },
  'a subscription before the connection is acknowledged': {
    messages: ['{"id":"1","type":"subscribe","payload":{"query":"{ hello }"}}'],
    code: CloseCode.Unauthorized,
    reason: /^Unauthorized$/,
  },
  'two initialisations': {
    messages: ['{"type":"connection_init"}', '{"type":"connection_init"}'],
    code: CloseCode.TooManyInitialisationRequests,
    reason: /^Too many initialisation requests$/,
  },
  'an id in use': {
    messages: [
      '{"type":"connection_init"}',
      '{"id":"1","type":"subscribe","payload":{"query":"subscription { ticks }"}}',
      '{"id":"1","type":"subscribe","payload":{"query":"subscription { ticks }"}}',
    ],
    code: CloseCode.SubscriberAlreadyExists,
    reason: /^Subscriber for 1 already exists$/,
  },
  'no initialisation in time': {
    messages: [],
    code: CloseCode.ConnectionInitialisationTimeout,
    reason: /^Connection initialisation timeout$/,
  },
};

for (const [what, { messages, code, reason }] of Object.entries(FAULTS)) {
  test(`${what} closes with ${code}`, async (t) => {
    const { url } = await startServer(t, { connectionInitWaitTimeout: 300 });
    const client = new WebSocket(url, 'graphql-transport-ws');
    t.after(() => client.terminate());
    await eventOf(client, 'open');
    assert.equal(client.protocol, 'graphql-transport-ws');
    const closed = eventOf(client, 'close');

    for (const [i, message] of messages.entries()) {
      client.send(message);
      // The first is acknowledged before the next is sent.
      if (i === 0 && messages.length === 3) await eventOf(client, 'message');
    }

    const [closeCode, closeReason] = await closed;
    assert.equal(closeCode, code);
    assert.match(String(closeReason), reason);
  });
}

test('another subprotocol is refused with 4406, a forbidden client with 4403', async (t) => {
  const { url } = await startServer(t, {
    onConnect: ({ connectionParams }) => connectionParams?.token === 'good',
  });
  const other = new WebSocket(url, 'graphql-ws');
  const refused = eventOf(other, 'error');
  const [error] = await refused;
  assert.equal(error.message, 'Server sent no subprotocol');

  const none = new WebSocket(url);
  const [code] = await eventOf(none, 'close');
  assert.equal(code, CloseCode.SubprotocolNotAcceptable);

  const forbidden = connect(t, url, {
    connectionParams: { token: 'bad' },
    retryAttempts: 0,
  });
  await assert.rejects(collect(forbidden, '{ hello }'), ({ code, reason }) => {
    return code === CloseCode.Forbidden && reason === 'Forbidden';
  });
  const allowed = connect(t, url, { connectionParams: { token: 'good' } });
  assert.deepEqual(await collect(allowed, '{ hello(name: "you") }'), [
    { hello: 'Hello, you!' },
  ]);
});

test('dispose() of the server says good-bye with 1001 and ends', async (t) => {
  const { cleanup, url, wss } = await startServer(t);
  const closed = [];
  const client = connect(t, url, {
    lazy: false,
    retryAttempts: 0,
    onNonLazyError: () => {},
    on: { closed: (event) => closed.push([event.code, event.reason]) },
  });
  await new Promise((resolve) => client.on('connected', resolve));

  await within(cleanup.dispose(), 'the server has not ended');
  await until(() => closed.length > 0, 'the client has not heard of it');

  assert.deepEqual(closed, [[1001, 'Going away']]);
  assert.equal(wss.clients.size, 0);
});

async function startServer(t, options = {}, wsOptions = {}, keepAlive) {
  const { context, ...graphqlOptions } = options;
  const server = http.createServer();
  const wss = new WebSocket.WebSocketServer({ server, ...wsOptions });
  const cleanup = useServer(
    { context, schema, ...graphqlOptions },
    wss,
    keepAlive,
  );
  const port = await listen(t, server);
  return { cleanup, url: `ws://127.0.0.1:${port}`, wss };
}

function connect(t, url, options) {
  const client = createClient({ url, webSocketImpl: WebSocket, ...options });
  t.after(() => client.dispose());
  return client;
}
