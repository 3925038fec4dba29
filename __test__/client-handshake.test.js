'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { test } = require('node:test');
const { Peer, startServer } = require('./support/connections');
const { listenRaw } = require('./support/raw-peer');
const { refusingUrl } = require('./support/servers');
const { WebSocket } = require('./support/subject');
const { closeOf, eventOf, messagesOf } = require('./support/waiting');

for (const [what, requested, headers, message] of [
  ['none of those asked for', ['a', 'b'], [], 'Server sent no subprotocol'],
  [
    'another than those asked for',
    ['a', 'b'],
    ['Sec-WebSocket-Protocol: c'],
    'Server sent an invalid subprotocol',
  ],
  [
    'one nobody asked for',
    [],
    ['Sec-WebSocket-Protocol: c'],
    'Server sent a subprotocol but none was requested',
  ],
]) {
  test(`a server that chooses ${what} is an error`, async (t) => {
    const listener = await listenRaw(t, { headers });
    const client = new WebSocket(listener.url, requested);
    const failed = eventOf(client, 'error');
    const closed = closeOf(client);
    await listener.accept();

    assert.equal((await failed)[0].message, message);
    assert.equal((await closed).code, 1006);
  });
}

test('handshakeTimeout is an error', async (t) => {
  const server = net.createServer();
  const sockets = [];
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  const client = new WebSocket(`ws://127.0.0.1:${server.address().port}`, {
    handshakeTimeout: 50,
  });

  const closed = closeOf(client);
  const [error] = await eventOf(client, 'error');
  assert.equal(error.message, 'Opening handshake has timed out');
  assert.equal((await closed).code, 1006);
});

test('a refused connection is an error, then a close', async (t) => {
  const client = new WebSocket(await refusingUrl(t));

  const closed = closeOf(client);
  const [error] = await eventOf(client, 'error');
  assert.equal(error.code, 'ECONNREFUSED');
  assert.equal(client.readyState, WebSocket.CLOSED);
  assert.deepEqual(await closed, { code: 1006, reason: '' });
});

test('another answer than 101 is an error', async (t) => {
  const url = await answerWith(t, (request, response) => {
    response.statusCode = 401;
    response.end();
  });

  const client = new WebSocket(url);

  const closed = closeOf(client);
  const [error] = await eventOf(client, 'error');
  assert.equal(error.message, 'Unexpected server response: 401');
  assert.equal((await closed).code, 1006);
});

test("an 'unexpected-response' listener reads the answer", async (t) => {
  const url = await answerWith(t, (request, response) => {
    response.statusCode = 403;
    response.end('because');
  });
  const client = new WebSocket(url);

  const [request, response] = await eventOf(client, 'unexpected-response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;

  assert.ok(request instanceof http.ClientRequest);
  assert.equal(response.statusCode, 403);
  assert.equal(body, 'because');
  assert.equal(client.readyState, WebSocket.CONNECTING);
  client.on('error', () => {});
  client.terminate();
  await eventOf(client, 'close');
});

for (const [what, lines, message] of [
  [
    'a wrong accept key',
    ['Upgrade: websocket', 'Sec-WebSocket-Accept: wrong'],
    'Invalid Sec-WebSocket-Accept header',
  ],
  ['another upgrade', ['Upgrade: foo'], 'Invalid Upgrade header'],
]) {
  test(`${what} is an error`, async (t) => {
    const url = await answerRaw(t, [
      'HTTP/1.1 101 Switching Protocols',
      'Connection: Upgrade',
      ...lines,
    ]);

    const client = new WebSocket(url);

    const closed = closeOf(client);
    assert.equal((await eventOf(client, 'error'))[0].message, message);
    assert.equal((await closed).code, 1006);
  });
}

test("the 'upgrade' event shows the answer before 'open'", async (t) => {
  const listener = await listenRaw(t, { headers: ['X-Server: raw'] });
  const client = new WebSocket(listener.url);
  t.after(() => client.terminate());
  const events = [];
  client.on('upgrade', (response) => {
    events.push(response.headers['x-server'], client.readyState);
  });
  client.on('open', () => events.push('open', client.readyState));

  await Promise.all([listener.accept(), eventOf(client, 'open')]);

  assert.deepEqual(events, [
    'raw',
    WebSocket.CONNECTING,
    'open',
    WebSocket.OPEN,
  ]);
});

test("a message in the packet of the answer comes after 'open'", async (t) => {
  const listener = await listenRaw(t, {
    firstBytes: Buffer.from([0x81, 2, 0x68, 0x69]),
  });
  const client = new WebSocket(listener.url);
  t.after(() => client.terminate());
  const events = [];
  client.on('open', () => events.push('open'));
  client.on('message', (data) => events.push(data.toString()));

  await Promise.all([listener.accept(), eventOf(client, 'message')]);

  assert.deepEqual(events, ['open', 'hi']);
});

test('redirects are followed when asked for', async (t) => {
  const { wss, url } = await startServer(t, Peer);
  wss.on('connection', (connection) => connection.send('arrived'));
  const first = await answerWith(t, (request, response) => {
    response.writeHead(302, { Location: `${url}/target` }).end();
  });

  const client = new WebSocket(first, { followRedirects: true });
  t.after(() => client.terminate());
  const redirected = eventOf(client, 'redirect');

  const [{ data }] = await messagesOf(client, 1);
  assert.equal(data.toString(), 'arrived');
  const [address, request] = await redirected;
  assert.equal(address, `${url}/target`);
  assert.ok(request instanceof http.ClientRequest);
  assert.equal(client.url, `${url}/target`);
});

test('redirects are not followed otherwise', async (t) => {
  const url = await answerWith(t, (request, response) => {
    response.writeHead(301, { Location: 'ws://127.0.0.1' }).end();
  });

  const client = new WebSocket(url);

  assert.equal(
    (await eventOf(client, 'error'))[0].message,
    'Unexpected server response: 301',
  );
});

test('maxRedirects is the limit', async (t) => {
  let requests = 0;
  const url = await answerWith(t, (request, response) => {
    requests++;
    response.writeHead(307, { Location: '/again' }).end();
  });

  const client = new WebSocket(url, { followRedirects: true, maxRedirects: 2 });

  const closed = closeOf(client);
  assert.equal(
    (await eventOf(client, 'error'))[0].message,
    'Maximum redirects exceeded',
  );
  assert.equal((await closed).code, 1006);
  assert.equal(requests, 3);
});

test('a redirect to a bad URL is an error', async (t) => {
  const url = await answerWith(t, (request, response) => {
    response.writeHead(302, { Location: 'ws://[nowhere' }).end();
  });

  const client = new WebSocket(url, { followRedirects: true });

  const [error] = await eventOf(client, 'error');
  assert.equal(error.name, 'SyntaxError');
  assert.equal(error.message, 'Invalid URL: ws://[nowhere');
});

/** An HTTP server that never upgrades. */
async function answerWith(t, listener) {
  const server = http.createServer(listener);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `ws://127.0.0.1:${server.address().port}`;
}

/** A server that gives the same answer whatever it is asked. */
async function answerRaw(t, lines) {
  const sockets = [];
  const server = net.createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', () => socket.write([...lines, '\r\n'].join('\r\n')));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `ws://127.0.0.1:${server.address().port}`;
}
