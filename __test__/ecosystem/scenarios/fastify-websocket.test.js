'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const fastifyWebSocket = require('@fastify/websocket');
const Fastify = require('fastify');
const { createClient } = require('graphql-ws');
const { makeHandler } = require('graphql-ws/use/@fastify/websocket');
const WebSocket = require('ws');

const { collect: collectResults, schema } = require('./support/graphql');
const { usesExpectedImplementation } = require('./support/implementation');
const { eventOf, until, within } = require('./support/waiting');

usesExpectedImplementation('@fastify/websocket');

test('a route has its hooks, its parameters and the socket', async (t) => {
  const { url } = await start(t, (app) => {
    app.addHook('preValidation', async (request, reply) => {
      if (request.query.token !== 'good') await reply.code(401).send('no');
    });
    app.get('/rooms/:name', { websocket: true }, (socket, request) => {
      assert.ok(socket instanceof WebSocket);
      socket.on('message', (data, isBinary) => {
        const text = `${request.params.name}: ${data}`;
        socket.send(isBinary ? data : text, { binary: isBinary });
      });
    });
  });
  const client = await open(t, `${url}/rooms/blue?token=good`);

  client.send('hello');
  client.send(Buffer.from([1, 2]));
  const messages = await collect(client, 2);
  assert.deepEqual(messages, ['blue: hello', Buffer.from([1, 2])]);

  const refused = new WebSocket(`${url}/rooms/blue`);
  const [error] = await eventOf(refused, 'error');
  assert.equal(error.message, 'Unexpected server response: 401');
});

test('a message that is there when the handler is called is not missed', async (t) => {
  const { url } = await start(t, (app) => {
    app.get('/', { websocket: true }, (socket) => {
      socket.send('welcome');
      socket.on('message', (data) => socket.send(`echo ${data}`));
    });
  });
  const client = new WebSocket(url);
  t.after(() => client.terminate());
  client.on('upgrade', () => process.nextTick(() => client.send('early')));

  assert.deepEqual(await collect(client, 2), ['welcome', 'echo early']);
});

test('other paths have no handler: the connection is closed, and plain requests are as ever', async (t) => {
  const { app, url } = await start(t, (app) => {
    app.get('/ws', { websocket: true }, () => {});
    app.get('/http', async () => 'plain');
    app.route({
      method: 'GET',
      url: '/both',
      handler: async () => 'both',
      wsHandler: (socket) => socket.close(4242, 'both'),
    });
  });
  const lost = new WebSocket(`${url}/http`);
  assert.equal((await eventOf(lost, 'close'))[0], 1005);

  const both = new WebSocket(`${url}/both`);
  const [code, reason] = await eventOf(both, 'close');
  assert.deepEqual([code, String(reason)], [4242, 'both']);
  assert.equal((await app.inject('/both')).body, 'both');
  assert.equal((await app.inject('/ws')).statusCode, 404);

  const missing = new WebSocket(`${url}/missing`);
  const [error] = await eventOf(missing, 'error');
  assert.equal(error.message, 'Unexpected server response: 404');
});

test('injectWS() tests a route without a port', async (t) => {
  const app = Fastify();
  t.after(() => app.close());
  const headers = [];
  await app.register(fastifyWebSocket);
  app.register(async (scope) => {
    scope.get('/echo', { websocket: true }, (socket, request) => {
      headers.push(request.headers['x-who']);
      socket.on('message', (data, isBinary) => {
        socket.send(data, { binary: isBinary });
      });
    });
  });
  await app.ready();
  const states = [];

  const client = await app.injectWS(
    '/echo',
    { headers: { 'x-who': 'Ada' } },
    {
      onInit: (ws) => states.push(['init', ws.readyState]),
      onOpen: (ws) => states.push(['open', ws.readyState]),
    },
  );
  const large = 'läßt sich hören '.repeat(20_000);
  client.send('one');
  client.send(Buffer.alloc(100_000, 7));
  client.send(large);
  const messages = await collect(client, 3);

  assert.deepEqual(states, [
    ['init', WebSocket.CONNECTING],
    ['open', WebSocket.OPEN],
  ]);
  assert.equal(messages[0], 'one');
  assert.ok(messages[1].equals(Buffer.alloc(100_000, 7)));
  assert.equal(messages[2], large);
  const closed = eventOf(client, 'close');
  client.close(4001);
  assert.equal((await closed)[0], 4001);
  assert.deepEqual(headers, ['Ada']);
  // The streams in between have no end that could be seen at the other side.
  for (const socket of app.websocketServer.clients) socket.terminate();
});

test('injectWS() also can terminate, be refused, and hear the server first', async (t) => {
  const app = Fastify();
  t.after(() => app.close());
  await app.register(fastifyWebSocket);
  const ends = [];
  app.register(async (scope) => {
    scope.get('/greeting', { websocket: true }, (socket) => {
      socket.on('close', (code) => ends.push(code));
      socket.send('hello');
      socket.send('there');
    });
  });
  await app.ready();
  const heard = [];

  const client = await app.injectWS(
    '/greeting',
    {},
    { onInit: (ws) => ws.on('message', (data) => heard.push(String(data))) },
  );
  await until(() => heard.length === 2, 'the greeting did not come');
  client.terminate();
  await until(() => ends.length === 1, 'the route has not seen the end');

  assert.deepEqual(heard, ['hello', 'there']);
  assert.deepEqual(ends, [1006]);
  await assert.rejects(app.injectWS('/nothing'), {
    message: 'Unexpected server response: 404',
  });
});

test('closing the server closes its clients, and ends', async (t) => {
  const { app, url } = await start(t, (app) => {
    app.get('/', { websocket: true }, (socket) => socket.send('in'));
  });
  const clients = [];
  for (let i = 0; i < 3; i++) {
    const client = new WebSocket(url);
    await eventOf(client, 'message');
    clients.push(client);
  }
  assert.equal(app.websocketServer.clients.size, 3);
  const closed = clients.map((client) => eventOf(client, 'close'));

  await within(app.close(), 'the server has not closed');

  for (const event of closed) assert.equal((await event)[0], 1005);
  await until(
    () => app.websocketServer.clients.size === 0,
    'the server still has clients',
  );
  const [error] = await eventOf(new WebSocket(url), 'error');
  assert.equal(error.code, 'ECONNREFUSED');
});

test('preClose can say good-bye in another way', async (t) => {
  const { app, url } = await start(
    t,
    (app) => app.get('/', { websocket: true }, () => {}),
    {
      preClose(done) {
        for (const socket of this.websocketServer.clients) {
          socket.close(1012, 'back soon');
        }
        this.websocketServer.close(done);
      },
    },
  );
  const client = await open(t, url);
  const closed = eventOf(client, 'close');

  await within(app.close(), 'the server has not closed');

  const [code, reason] = await closed;
  assert.deepEqual([code, String(reason)], [1012, 'back soon']);
});

test('the options maxPayload, verifyClient and perMessageDeflate reach the server', async (t) => {
  const errors = [];
  const { url } = await start(
    t,
    (app) => {
      app.get('/', { websocket: true }, (socket) => {
        socket.on('message', (data) => socket.send(String(data.length)));
      });
    },
    {
      errorHandler(error, socket, request, reply) {
        errors.push([error.code, typeof reply.send]);
        socket.terminate();
      },
      options: {
        maxPayload: 1000,
        perMessageDeflate: true,
        verifyClient: ({ req }) => req.headers['x-who'] === 'Ada',
      },
    },
  );
  const refused = new WebSocket(url);
  const [error] = await eventOf(refused, 'error');
  assert.equal(error.message, 'Unexpected server response: 401');

  const client = await open(t, url, { headers: { 'X-Who': 'Ada' } });
  assert.match(client.extensions, /permessage-deflate/);
  client.send('x'.repeat(1000));
  assert.deepEqual(await collect(client, 1), ['1000']);
  const closed = eventOf(client, 'close');
  client.send('x'.repeat(1001));

  const [code] = await closed;
  assert.ok(code === 1009 || code === 1006, `${code}`);
  assert.deepEqual(errors, [['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'function']]);
});

test('what a handler throws goes to the error handler', async (t) => {
  const errors = [];
  const { url } = await start(
    t,
    (app) => {
      app.get('/sync', { websocket: true }, () => {
        throw new Error('at once');
      });
      app.get('/async', { websocket: true }, async () => {
        throw new Error('later');
      });
    },
    {
      errorHandler(error, socket) {
        errors.push(error.message);
        socket.close(1011, error.message);
      },
    },
  );

  for (const path of ['sync', 'async']) {
    const client = new WebSocket(`${url}/${path}`);
    const [code, reason] = await eventOf(client, 'close');
    assert.equal(code, 1011);
    assert.equal(String(reason), errors.at(-1));
  }
  assert.deepEqual(errors, ['at once', 'later']);
});

test('subscriptions of GraphQL stream over a route', async (t) => {
  const { url } = await start(t, (app) => {
    app.get('/graphql', { websocket: true }, makeHandler({ schema }));
  });
  const client = createClient({
    url: `${url}/graphql`,
    webSocketImpl: WebSocket,
  });
  t.after(() => client.dispose());

  const [counts, [greeting]] = await Promise.all([
    collectResults(client, 'subscription { count(to: 200) }'),
    collectResults(client, '{ hello(name: "you") }'),
  ]);

  assert.deepEqual(
    counts.map(({ count }) => count),
    Array.from({ length: 200 }, (_, n) => n + 1),
  );
  assert.deepEqual(greeting, { hello: 'Hello, you!' });
});

test('a client that is reset is an ended socket, not an uncaught error', async (t) => {
  const ended = [];
  const { url } = await start(t, (app) => {
    app.get('/', { websocket: true }, (socket) => {
      socket.on('close', (code) => ended.push(code));
    });
  });
  const client = await open(t, url);
  client.on('error', () => {});

  client._socket.resetAndDestroy();
  await until(() => ended.length === 1, 'the route has not seen the end');

  assert.deepEqual(ended, [1006]);
});

async function start(t, routes, options) {
  const app = Fastify();
  t.after(() => app.close());
  await app.register(fastifyWebSocket, options);
  app.register(async (scope) => {
    routes(scope);
  });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, url: address.replace('http', 'ws') };
}

async function open(t, url, options) {
  const client = new WebSocket(url, options);
  t.after(() => client.terminate());
  await eventOf(client, 'open');
  return client;
}

/** The next messages: text as strings, binary as Buffers. */
async function collect(client, count) {
  const messages = [];
  client.on('message', function listener(data, isBinary) {
    messages.push(isBinary ? data : String(data));
    if (messages.length === count) client.off('message', listener);
  });
  await until(() => messages.length >= count, `fewer than ${count} messages`);
  return messages;
}
