'use strict';

// A client of wss: believes nobody without a certificate that it trusts, for the name that it asked
// for.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const { test } = require('node:test');
const { listen } = require('../support/servers');
const { WebSocket, WebSocketServer } = require('../support/subject');
const { closeOf, eventOf } = require('../support/waiting');

const TLS = path.join(__dirname, '..', 'support', 'tls');
const key = fs.readFileSync(path.join(TLS, 'test-only-key.pem'));
const cert = fs.readFileSync(path.join(TLS, 'test-only-cert.pem'));

for (const [what, url, options, code] of [
  [
    'a certificate that nobody has signed',
    'wss://127.0.0.1',
    {},
    'DEPTH_ZERO_SELF_SIGNED_CERT',
  ],
  [
    'the same, by an https: URL',
    'https://127.0.0.1',
    {},
    'DEPTH_ZERO_SELF_SIGNED_CERT',
  ],
  [
    'a certificate for another name',
    'wss://127.0.0.1',
    { ca: cert, servername: 'other.example' },
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ],
  [
    'another authority',
    'wss://127.0.0.1',
    { ca: [] },
    'DEPTH_ZERO_SELF_SIGNED_CERT',
  ],
  [
    'a check that refuses',
    'wss://127.0.0.1',
    { ca: cert, checkServerIdentity: () => new Error('no') },
    undefined,
  ],
]) {
  test(`${what} is refused, and nothing is sent`, async (t) => {
    const { port, seen } = await serve(t);
    const client = new WebSocket(`${url}:${port}/`, {
      ...options,
      headers: { Authorization: 'secret' },
    });
    const closed = closeOf(client);

    const [error] = await eventOf(client, 'error');

    assert.equal(error.code, code);
    assert.equal((await closed).code, 1006);
    assert.deepEqual(seen, []);
  });
}

test('a certificate that is trusted, for the right name, is accepted', async (t) => {
  for (const host of ['127.0.0.1', 'localhost']) {
    const { port, seen, names } = await serve(t);
    const client = new WebSocket(`wss://${host}:${port}/`, {
      ca: cert,
      family: 4,
    });
    await eventOf(client, 'open');

    assert.equal(client._socket.authorized, true);
    // Addresses are no names, RFC 6066, section 3.
    assert.deepEqual(names, [host === 'localhost' ? host : false]);
    assert.equal(seen.length, 1);
    client.terminate();
    await closeOf(client);
  }
});

test('only rejectUnauthorized: false asks for no check', async (t) => {
  const { port } = await serve(t);
  const client = new WebSocket(`wss://127.0.0.1:${port}/`, {
    rejectUnauthorized: false,
  });
  await eventOf(client, 'open');
  assert.equal(client._socket.authorized, false);
  client.terminate();
  await closeOf(client);
});

test('a redirect to a server that is not trusted is not followed', async (t) => {
  const { port, seen } = await serve(t);
  const redirecting = http.createServer((req, res) => {
    res.writeHead(302, { Location: `wss://127.0.0.1:${port}/` });
    res.end();
  });
  const from = await listen(t, redirecting);
  const client = new WebSocket(`ws://127.0.0.1:${from}`, {
    followRedirects: true,
  });
  const closed = closeOf(client);

  const [error] = await eventOf(client, 'error');

  assert.equal(error.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
  assert.equal((await closed).code, 1006);
  assert.deepEqual(seen, []);
});

/** A server that notes which requests it has seen, and which names were asked for. */
async function serve(t) {
  const server = https.createServer({ key, cert });
  const wss = new WebSocketServer({ server });
  const seen = [];
  const names = [];
  server.on('secureConnection', (socket) => names.push(socket.servername));
  server.on('request', ({ url }) => seen.push(url));
  server.on('tlsClientError', () => {});
  wss.on('connection', (ws, { url }) => {
    ws.on('error', () => {});
    seen.push(url);
  });
  return { port: await listen(t, server), seen, names };
}
