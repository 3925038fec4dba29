'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const express = require('express');
const expressWs = require('express-ws');
const WebSocket = require('ws');

const { usesExpectedImplementation } = require('./support/implementation');
const { listen } = require('./support/servers');
const { eventOf, until } = require('./support/waiting');

usesExpectedImplementation('express-ws');

test('a route has middleware, parameters and the query', async (t) => {
  const { url } = await start(t, (app) => {
    app.use((request, response, next) => {
      request.who = request.headers['x-who'];
      next();
    });
    app.ws('/echo/:room', (socket, request) => {
      socket.on('message', (data, isBinary) => {
        assert.ok(Buffer.isBuffer(data));
        const { params, query, who } = request;
        if (isBinary) socket.send(data);
        else socket.send([who, params.room, query.q, data].join(' '));
      });
    });
  });
  const client = await open(t, `${url}/echo/blue?q=a%20b`, {
    headers: { 'X-Who': 'Ada' },
  });

  client.send('hello');
  client.send(new Uint8Array([3, 2, 1]));
  const messages = await collect(client, 2);

  assert.equal(String(messages[0]), 'Ada blue a b hello');
  assert.deepEqual(messages[1], Buffer.from([3, 2, 1]));
});

test('routers have WebSocket routes, too, next to plain ones', async (t) => {
  const { url } = await start(t, (app, { applyTo }) => {
    const router = express.Router();
    applyTo(router);
    router.get('/page', (request, response) => response.send('a page'));
    router.ws('/socket', (socket) => socket.send('a socket'));
    app.use('/sub', router);
  });
  const client = new WebSocket(`${url}/sub/socket`);
  t.after(() => client.terminate());

  assert.equal(String((await collect(client, 1))[0]), 'a socket');
  const response = await fetch(`${url.replace('ws', 'http')}/sub/page`);
  assert.equal(await response.text(), 'a page');
});

test('what no route takes, and what middleware refuses, is closed', async (t) => {
  const { url } = await start(t, (app) => {
    app.use('/private', (request, response) => response.status(401).end());
    app.ws('/private', () => assert.fail('the route was reached'));
    app.ws('/public', (socket) => socket.close(1000, 'that was all'));
  });

  for (const [path, code, reason] of [
    ['/private', 1005, ''],
    ['/nowhere', 1005, ''],
    ['/public', 1000, 'that was all'],
  ]) {
    const client = new WebSocket(url + path);
    const [closeCode, closeReason] = await eventOf(client, 'close');
    assert.deepEqual([closeCode, String(closeReason)], [code, reason], path);
  }
});

test('getWss() reaches everybody who is open', async (t) => {
  const { instance, url } = await start(t, (app) => {
    app.ws('/', (socket) => socket.send('welcome'));
  });
  const clients = [];
  for (let i = 0; i < 10; i++) {
    const client = new WebSocket(url);
    t.after(() => client.terminate());
    await eventOf(client, 'message');
    clients.push(client);
  }
  const server = instance.getWss();
  assert.ok(server instanceof WebSocket.Server);
  assert.equal(server.clients.size, 10);
  const [gone, ...rest] = clients;
  gone.close();
  await until(() => server.clients.size === 9, 'the one that left is there');
  const heard = rest.map((client) => collect(client, 3));

  for (const socket of server.clients) {
    assert.equal(socket.readyState, WebSocket.OPEN);
    socket.send('text');
    socket.send(Buffer.from('bytes'));
    socket.send('x'.repeat(100_000));
  }

  for (const messages of heard) {
    const [text, bytes, long] = await messages;
    assert.equal(String(text), 'text');
    assert.equal(String(bytes), 'bytes');
    assert.equal(long.length, 100_000);
  }
});

test('wsOptions reach the server: subprotocols, compression, the limit', async (t) => {
  const { url } = await start(
    t,
    (app) => {
      app.ws('/', (socket) => {
        socket.on('error', () => {});
        socket.on('message', (data) => socket.send(data));
      });
    },
    {
      wsOptions: {
        handleProtocols: (offered) => [...offered].at(-1),
        maxPayload: 5000,
        perMessageDeflate: { threshold: 0 },
      },
    },
  );
  const client = new WebSocket(url, ['one', 'two']);
  t.after(() => client.terminate());
  await eventOf(client, 'open');
  assert.equal(client.protocol, 'two');
  assert.match(client.extensions, /permessage-deflate/);
  client.send('y'.repeat(5000));
  assert.equal((await collect(client, 1))[0].length, 5000);

  client.send('y'.repeat(5001));

  assert.equal((await eventOf(client, 'close'))[0], 1009);
});

test('a server of one’s own is used, and its other upgrades end as ws ends them', async (t) => {
  const app = express();
  const server = http.createServer(app);
  const { getWss } = expressWs(app, server, { wsOptions: { path: '/only' } });
  app.ws('/only', (socket) => socket.send('here'));
  const port = await listen(t, server);
  t.after(() => getWss().close());
  const client = new WebSocket(`ws://127.0.0.1:${port}/only`);
  t.after(() => client.terminate());

  assert.equal(String((await collect(client, 1))[0]), 'here');
  const other = new WebSocket(`ws://127.0.0.1:${port}/other`);
  const [error] = await eventOf(other, 'error');
  assert.equal(error.message, 'Unexpected server response: 400');
});

async function start(t, routes, options) {
  const app = express();
  const server = http.createServer(app);
  const instance = expressWs(app, server, options);
  routes(app, instance);
  const port = await listen(t, server);
  return { instance, url: `ws://127.0.0.1:${port}` };
}

async function open(t, url, options) {
  const client = new WebSocket(url, options);
  t.after(() => client.terminate());
  await eventOf(client, 'open');
  return client;
}

async function collect(client, count) {
  const messages = [];
  client.on('message', (data) => messages.push(data));
  await until(() => messages.length >= count, `fewer than ${count} messages`);
  return messages;
}
