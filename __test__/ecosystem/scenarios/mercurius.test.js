'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { promisify } = require('node:util');
const Fastify = require('fastify');
const { createClient } = require('graphql-ws');
const mercurius = require('mercurius');
const WebSocket = require('ws');

const { usesExpectedImplementation } = require('./support/implementation');
const { eventOf, until, within } = require('./support/waiting');

usesExpectedImplementation('mercurius');
usesExpectedImplementation('mercurius', '@fastify/websocket');

const SCHEMA = `
  type Query { add(x: Int, y: Int): Int }
  type Mutation { say(room: String, text: String): Boolean }
  type Subscription { said(room: String): String }
`;

const RESOLVERS = {
  Query: { add: (_, { x, y }) => x + y },
  Mutation: {
    say: async (_, { room, text }, { pubsub }) => {
      await pubsub.publish({ topic: room, payload: { said: text } });
      return true;
    },
  },
  Subscription: {
    said: {
      subscribe: (_, { room }, { pubsub }) => pubsub.subscribe(room),
    },
  },
};

for (const subProtocol of ['graphql-transport-ws', 'graphql-ws']) {
  test(`who subscribes over ${subProtocol} hears what is published, in order`, async (t) => {
    const { app, url } = await start(t);
    const blue = await subscribe(t, url, subProtocol, 'blue');
    const alsoBlue = await subscribe(t, url, subProtocol, 'blue');
    const red = await subscribe(t, url, subProtocol, 'red');

    for (let i = 0; i < 50; i++) await say(app, 'blue', `blue ${i} ü`);
    await say(app, 'red', 'red');
    await until(
      () => [blue, alsoBlue].every(({ heard }) => heard.length >= 50),
      'not all that was said was heard',
    );
    await until(() => red.heard.length > 0, 'what was said was not heard');

    const expected = Array.from({ length: 50 }, (_, i) => `blue ${i} ü`);
    assert.deepEqual(blue.heard, expected);
    assert.deepEqual(alsoBlue.heard, expected);
    assert.deepEqual(red.heard, ['red']);
  });
}

test('the client of graphql-ws subscribes, queries and leaves', async (t) => {
  const { app, url } = await start(t);
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  t.after(() => client.dispose());
  const heard = [];
  const results = client.iterate({
    query: 'subscription { said(room: "blue") }',
  });
  const listening = (async () => {
    for await (const { data } of results) {
      heard.push(data.said);
      if (data.said === 'bye') break;
    }
  })();

  await until(async () => {
    await say(app, 'blue', 'are you there?');
    return heard.length > 0;
  }, 'the subscription did not begin');
  await say(app, 'blue', 'bye');
  await within(listening, 'the subscription did not end');

  assert.equal(heard.at(-1), 'bye');
});

test('what a verifyClient and an onConnect refuse does not get in', async (t) => {
  const { url } = await start(t, {
    onConnect: ({ payload }) => payload?.token === 'good',
    verifyClient: ({ req }, next) => next(req.headers['x-who'] === 'Ada', 403),
  });
  const refused = new WebSocket(url, 'graphql-transport-ws');
  const [error] = await eventOf(refused, 'error');
  assert.equal(error.message, 'Unexpected server response: 403');

  const client = new WebSocket(url, 'graphql-transport-ws', {
    headers: { 'X-Who': 'Ada' },
  });
  await eventOf(client, 'open');
  client.send('{"type":"connection_init","payload":{"token":"bad"}}');
  const answered = eventOf(client, 'message');
  const closed = eventOf(client, 'close');

  const { type, payload } = JSON.parse((await answered)[0]);
  assert.equal(type, 'connection_error');
  assert.deepEqual(payload, { message: 'Forbidden' });
  assert.equal((await closed)[0], 1005);
});

test('with keepAlive the server sends pings of the subprotocol', async (t) => {
  const { url } = await start(t, { keepAlive: 20 });
  const { messages } = await subscribe(t, url, 'graphql-transport-ws', 'blue');

  await until(
    () => messages.filter(({ type }) => type === 'ping').length >= 3,
    'there are no pings',
  );
});

test('a connection that is cut ends its subscriptions; closing ends the others', async (t) => {
  const { app, url } = await start(t);
  const first = await subscribe(t, url, 'graphql-transport-ws', 'blue');
  const second = await subscribe(t, url, 'graphql-transport-ws', 'blue');

  first.client.terminate();
  const connections = promisify(app.server.getConnections.bind(app.server));
  await until(
    async () => (await connections()) === 1,
    'the server has not noticed',
  );
  await say(app, 'blue', 'who is left?');
  await until(() => second.heard.length === 1, 'nobody is left');
  const closed = eventOf(second.client, 'close');
  await within(app.close(), 'the server has not closed');

  const [code] = await closed;
  assert.ok([1000, 1001, 1005].includes(code), `${code}`);
  assert.deepEqual(first.heard, []);
});

async function start(t, subscription) {
  const app = Fastify();
  t.after(() => app.close());
  app.register(mercurius, {
    resolvers: RESOLVERS,
    schema: SCHEMA,
    subscription: { fullWsTransport: true, ...subscription },
  });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, url: `${address.replace('http', 'ws')}/graphql` };
}

/** The two subprotocols name the same things differently. */
const TYPES = {
  'graphql-transport-ws': { start: 'subscribe', data: 'next' },
  'graphql-ws': { start: 'start', data: 'data' },
};

async function subscribe(t, url, subProtocol, room) {
  const client = new WebSocket(url, subProtocol);
  t.after(() => client.terminate());
  const types = TYPES[subProtocol];
  const heard = [];
  const messages = [];
  client.on('message', (data) => {
    const message = JSON.parse(data);
    messages.push(message);
    if (message.type === types.data) heard.push(message.payload.data.said);
  });
  await eventOf(client, 'open');
  assert.equal(client.protocol, subProtocol);

  send('connection_init', {});
  await until(
    () => messages.some(({ type }) => type === 'connection_ack'),
    'the connection was not acknowledged',
  );
  send(types.start, { query: `subscription { said(room: "${room}") }` });
  // An answer to a query that comes behind it shows that the subscription is there.
  send(types.start, { query: '{ add(x: 1, y: 2) }' }, 'query');
  await until(
    () =>
      messages.some(({ id, type }) => id === 'query' && type === 'complete'),
    'the query was not answered',
  );
  heard.length = 0;
  return { client, heard, messages };

  function send(type, payload, id = 'subscription') {
    client.send(JSON.stringify({ id, type, payload }));
  }
}

async function say(app, room, text) {
  const { body } = await app.inject({
    method: 'POST',
    url: '/graphql',
    payload: {
      query:
        'mutation ($room: String, $text: String) { say(room: $room, text: $text) }',
      variables: { room, text },
    },
  });
  assert.deepEqual(JSON.parse(body), { data: { say: true } });
}
