'use strict';

/* @hono/node-ws: WebSocket routes of Hono, with a WebSocketServer of `ws` beneath. */

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const { getRequestListener } = require('@hono/node-server');
const { Hono } = require('hono');
const { WebSocket } = require('ws');
const { usesExpectedImplementation } = require('./support/implementation');
const { listen } = require('./support/servers');
const { eventOf, until } = require('./support/waiting');

usesExpectedImplementation('@hono/node-ws');

test('a route gets text as strings and bytes as ArrayBuffers, and answers in kind', async (t) => {
  const { connect } = await serve(t, (app, upgradeWebSocket) => {
    app.get(
      '/echo',
      upgradeWebSocket(() => ({
        onMessage: ({ data }, ws) => {
          if (data instanceof ArrayBuffer) {
            ws.send(new Uint8Array(data).slice().reverse());
            ws.send(data);
          } else {
            ws.send(`${typeof data} ${data}`);
          }
        },
      })),
    );
  });
  const client = connect('/echo');
  await eventOf(client, 'open');
  const received = collect(client);
  client.send('ahoy ⚓');
  client.send(Buffer.from([1, 2, 3]));
  client.send('');
  client.send(Buffer.alloc(0));

  await until(() => received.length === 6, 'six messages did not arrive');
  assert.deepEqual(received, [
    'string ahoy ⚓',
    [3, 2, 1],
    [1, 2, 3],
    'string ',
    [],
    [],
  ]);
});

test('the route knows the request: parameters, query, headers, middleware', async (t) => {
  const { connect } = await serve(t, (app, upgradeWebSocket) => {
    app.use('/ships/*', async (c, next) => {
      c.set('flag', 'black');
      await next();
    });
    app.get(
      '/ships/:name',
      upgradeWebSocket((c) => ({
        onOpen: (event, ws) => {
          ws.send(
            JSON.stringify({
              event: event.type,
              flag: c.get('flag'),
              masts: c.req.query('masts'),
              name: c.req.param('name'),
              path: ws.url.pathname,
              pilot: c.req.header('x-pilot'),
              readyState: ws.readyState,
            }),
          );
        },
      })),
    );
  });
  const client = connect('/ships/revenge?masts=3', [], {
    headers: { 'X-Pilot': 'Anne' },
  });
  const [data] = await eventOf(client, 'message');
  assert.deepEqual(JSON.parse(data), {
    event: 'open',
    flag: 'black',
    masts: '3',
    name: 'revenge',
    path: '/ships/revenge',
    pilot: 'Anne',
    readyState: WebSocket.OPEN,
  });
});

test('the first of the subprotocols is taken', async (t) => {
  let seen;
  const { connect } = await serve(t, (app, upgradeWebSocket) => {
    app.get(
      '/',
      upgradeWebSocket(() => ({
        onOpen: (event, ws) => (seen = ws.protocol),
      })),
    );
  });
  const client = connect('/', ['log.v2', 'log.v1']);
  await eventOf(client, 'open');
  assert.equal(client.protocol, 'log.v2');
  await until(() => seen !== undefined, 'onOpen was not called');
  assert.equal(seen, 'log.v2');
});

for (const { title, path, status } of [
  { title: 'nowhere', path: '/nowhere', status: 404 },
  { title: 'where it may not', path: '/secret', status: 401 },
  { title: 'where there is no WebSocket', path: '/page', status: 200 },
]) {
  test(`who goes ${title} gets the answer of the route`, async (t) => {
    const { connect, wss } = await serve(t, (app, upgradeWebSocket) => {
      app.get('/page', (c) => c.text('a page'));
      app.get(
        '/secret',
        (c) => c.text('no', 401),
        upgradeWebSocket(() => assert.fail('it got through')),
      );
    });
    const client = connect(path);
    const [error] = await eventOf(client, 'error');
    assert.equal(error.message, `Unexpected server response: ${status}`);
    assert.equal(wss.clients.size, 0);
  });
}

test('pages and WebSockets live on one port', async (t) => {
  const { connect, port } = await serve(t, (app, upgradeWebSocket) => {
    app.get('/page', (c) => c.text('a page'));
    app.get(
      '/ws',
      upgradeWebSocket(() => ({})),
    );
  });
  const client = connect('/ws');
  await eventOf(client, 'open');
  const response = await fetch(`http://127.0.0.1:${port}/page`);
  assert.equal(await response.text(), 'a page');
  assert.equal(client.readyState, WebSocket.OPEN);
});

test('what came with the handshake is not lost', async (t) => {
  const { connect } = await serve(t, (app, upgradeWebSocket) => {
    app.get(
      '/',
      async (c, next) => {
        await new Promise((resolve) => setImmediate(resolve));
        await next();
      },
      upgradeWebSocket(() => ({
        onMessage: ({ data }, ws) => ws.send(`heard ${data}`),
      })),
    );
  });
  const client = connect('/');
  const received = collect(client);
  client.on('upgrade', () => process.nextTick(() => client.send('early')));
  await eventOf(client, 'open');
  client.send('later');
  await until(() => received.length === 2, 'the messages were not answered');
  assert.deepEqual(received, ['heard early', 'heard later']);
});

test('what the server says while it opens comes before all else, and large ones compressed', async (t) => {
  const words = 'mizzen '.repeat(30_000);
  const { connect, wss } = await serve(t, (app, upgradeWebSocket) => {
    app.get(
      '/',
      upgradeWebSocket(() => ({
        onOpen: (event, ws) => {
          for (let n = 0; n < 100; n++) ws.send(`${n}`);
          ws.send(words, { compress: true });
        },
      })),
    );
  });
  wss.options.perMessageDeflate = true;
  const client = connect('/');
  const received = collect(client);
  await until(() => received.length === 101, 'the messages did not arrive');
  assert.equal(client.extensions, 'permessage-deflate');
  assert.deepEqual(
    received.slice(0, 100),
    Array.from({ length: 100 }, (_, n) => `${n}`),
  );
  assert.equal(received[100], words);
  assert.ok(client._socket.bytesRead < words.length / 10);
});

test('everybody hears of it through the server', async (t) => {
  const { connect, wss } = await serve(t, (app, upgradeWebSocket) => {
    app.get(
      '/',
      upgradeWebSocket(() => ({
        onMessage: ({ data }) => {
          for (const each of wss.clients) each.send(`all: ${data}`);
        },
      })),
    );
  });
  const clients = [connect('/'), connect('/'), connect('/')];
  const heard = clients.map((client) => eventOf(client, 'message'));
  await Promise.all(clients.map((client) => eventOf(client, 'open')));
  clients[1].send('land');
  for (const [data] of await Promise.all(heard)) {
    assert.equal(data.toString(), 'all: land');
  }
});

test('close codes go both ways, and each side hears of its end once', async (t) => {
  const closed = [];
  const { connect } = await serve(t, (app, upgradeWebSocket) => {
    app.get(
      '/',
      upgradeWebSocket(() => ({
        onMessage: (event, ws) => ws.close(4100, 'enough'),
        onClose: ({ code, reason, type }, ws) => {
          closed.push([type, code, reason, ws.readyState]);
        },
      })),
    );
  });
  const leaving = connect('/');
  await eventOf(leaving, 'open');
  leaving.close(4242, 'tschüß');
  await until(() => closed.length === 1, 'onClose was not called');

  const sentAway = connect('/');
  await eventOf(sentAway, 'open');
  sentAway.send('?');
  const [code, reason] = await eventOf(sentAway, 'close');
  assert.deepEqual([code, reason.toString()], [4100, 'enough']);
  await until(() => closed.length === 2, 'onClose was not called');

  const cut = connect('/');
  await eventOf(cut, 'open');
  cut.terminate();
  await until(() => closed.length === 3, 'onClose was not called');
  assert.deepEqual(closed, [
    ['close', 4242, 'tschüß', WebSocket.CLOSED],
    ['close', 4100, 'enough', WebSocket.CLOSED],
    ['close', 1006, '', WebSocket.CLOSED],
  ]);
});

test('ws.raw is the socket of `ws`', async (t) => {
  const pongs = [];
  const { connect } = await serve(t, (app, upgradeWebSocket) => {
    app.get(
      '/',
      upgradeWebSocket(() => ({
        onOpen: (event, { raw }) => {
          raw.on('pong', (data) => pongs.push(data.toString()));
          raw.ping('are you there?');
          raw.send(raw instanceof WebSocket ? 'yes' : 'no');
        },
      })),
    );
  });
  const client = connect('/');
  const [data] = await eventOf(client, 'message');
  assert.equal(data.toString(), 'yes');
  await until(() => pongs.length === 1, 'no pong came');
  assert.deepEqual(pongs, ['are you there?']);
});

/** A server with the routes that `define` adds. */
async function serve(t, define) {
  const { createNodeWebSocket } = await import('@hono/node-ws');
  const app = new Hono();
  const { injectWebSocket, upgradeWebSocket, wss } = createNodeWebSocket({
    app,
  });
  define(app, upgradeWebSocket);
  const server = http.createServer(getRequestListener(app.fetch));
  injectWebSocket(server);
  const port = await listen(t, server);

  const connect = (path, protocols = [], options = undefined) => {
    const url = `ws://127.0.0.1:${port}${path}`;
    const client = new WebSocket(url, protocols, options);
    t.after(() => client.terminate());
    return client;
  };
  return { connect, port, wss };
}

/** Collects messages: text as strings, bytes as arrays. */
function collect(client) {
  const received = [];
  client.on('message', (data, isBinary) => {
    received.push(isBinary ? [...data] : data.toString());
  });
  return received;
}
