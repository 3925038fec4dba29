'use strict';

// Redirects: credentials go where the user wanted to go, and nowhere else.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { listen } = require('../support/servers');
const { WebSocket, WebSocketServer } = require('../support/subject');
const { eventOf } = require('../support/waiting');

const TLS = path.join(__dirname, '..', 'support', 'tls');
const CERTIFICATE = {
  key: fs.readFileSync(path.join(TLS, 'test-only-key.pem')),
  cert: fs.readFileSync(path.join(TLS, 'test-only-cert.pem')),
};

const SECRETS = {
  headers: {
    AUTHORIZATION: 'Basic secret',
    CoOkIe: 'session=secret',
    Host: 'forged.example.com',
    'X-Own': 'kept',
  },
};

/** "secret" as it may stand in a header: as it is, or in base64, at the places where it may begin there. */
const SECRET = /secret|c2VjcmV0|NlY3JldA|zZWNyZX/;

/** What is left of the headers: credentials and host. */
const ALL = { authorization: true, cookie: true, host: true };
const NONE = { authorization: false, cookie: false, host: false };
const ONLY_HOST = { authorization: false, cookie: false, host: true };

const isUnix = process.platform !== 'win32';

for (const [what, from, to, left, unixOnly] of [
  ['the same host', 'ws', 'same', ALL],
  ['the same host, twice', 'ws', 'same twice', ALL],
  ['another port', 'ws', 'other', NONE],
  ['another name of the host', 'ws', 'localhost', NONE],
  ['another host, and back', 'ws', 'other and back', ALL],
  ['TLS on another port', 'ws', 'wss', NONE],
  ['no TLS', 'wss', 'ws', NONE],
  ['a Unix socket', 'ws', 'unix', NONE, true],
  ['TCP from a Unix socket', 'unix', 'ws', NONE, true],
  ['the same Unix socket', 'unix', 'same unix', ALL, true],
  ['another Unix socket', 'unix', 'unix 2', NONE, true],
]) {
  for (const how of ['in headers', 'in the URL', 'in options']) {
    test(`a redirect to ${what}, credentials ${how}`, async (t) => {
      if (unixOnly && !isUnix) return;
      // Such a URL has no place for them.
      if (from === 'unix' && how === 'in the URL') return;
      const world = await makeWorld(t, from, to);

      const { headers } = await follow(t, world, how);

      if (how === 'in headers') {
        assert.deepEqual(
          {
            authorization: headers.authorization === 'Basic secret',
            cookie: headers.cookie === 'session=secret',
            host: headers.host === 'forged.example.com',
          },
          left,
        );
        assert.equal(headers['x-own'], 'kept');
      } else {
        assert.equal(headers.authorization !== undefined, left === ALL);
        // Random, and so may look like anything.
        const { 'sec-websocket-key': _, ...others } = headers;
        const text = JSON.stringify(others);
        assert.equal(SECRET.test(text), left === ALL, text);
      }
    });
  }
}

test('a downgrade on the same host and port loses credentials', async (t) => {
  // Both on one port: the first byte of TLS is 22.
  const secure = https.createServer(CERTIFICATE, (req, res) => {
    res.writeHead(302, { Location: `ws://127.0.0.1:${port}/` });
    res.end();
  });
  const plain = http.createServer();
  const wss = new WebSocketServer({ server: plain });
  const front = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes) => {
      socket.pause();
      socket.unshift(bytes);
      (bytes[0] === 22 ? secure : plain).emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  });
  const port = await listen(t, front);
  const connected = eventOf(wss, 'connection');
  const client = new WebSocket(`wss://127.0.0.1:${port}`, {
    followRedirects: true,
    rejectUnauthorized: false,
    ...SECRETS,
  });
  t.after(() => client.terminate());

  const [[, { headers }]] = await Promise.all([
    connected,
    eventOf(client, 'open'),
  ]);

  assert.deepEqual(
    {
      authorization: 'authorization' in headers,
      cookie: 'cookie' in headers,
      host: headers.host === 'forged.example.com',
    },
    ONLY_HOST,
  );
});

test('the options of a user are not changed', async (t) => {
  const world = await makeWorld(t, 'ws', 'other');
  const options = {
    followRedirects: true,
    headers: { Authorization: 'Basic secret', Cookie: 'a=b' },
    auth: 'user:secret',
  };
  const before = structuredClone(options);
  const client = new WebSocket(world.url(), options);
  t.after(() => client.terminate());
  await eventOf(client, 'open');
  assert.deepEqual(options, before);
});

test('who listens to redirects decides himself', async (t) => {
  const world = await makeWorld(t, 'ws', 'other');
  const connected = eventOf(world.target, 'connection');
  const client = new WebSocket(world.url(), {
    followRedirects: true,
    ...SECRETS,
  });
  t.after(() => client.terminate());
  client.on('redirect', (url, request) => {
    assert.match(url, /^ws:/);
    request.removeHeader('cookie');
  });

  const [[, { headers }]] = await Promise.all([
    connected,
    eventOf(client, 'open'),
  ]);

  assert.equal(headers.authorization, 'Basic secret');
  assert.equal(headers.cookie, undefined);
});

test('redirects are followed only if asked for, and not for ever', async (t) => {
  let requests = 0;
  const server = http.createServer((req, res) => {
    requests++;
    res.writeHead(302, { Location: '/again' });
    res.end();
  });
  const url = `ws://127.0.0.1:${await listen(t, server)}`;

  for (const [options, expected, message] of [
    [{}, 1, 'Unexpected server response: 302'],
    [{ followRedirects: true }, 11, 'Maximum redirects exceeded'],
    [
      { followRedirects: true, maxRedirects: 2 },
      3,
      'Maximum redirects exceeded',
    ],
    [
      { followRedirects: true, maxRedirects: 0 },
      1,
      'Maximum redirects exceeded',
    ],
  ]) {
    requests = 0;
    const client = new WebSocket(url, options);
    const closed = eventOf(client, 'close');
    const [error] = await eventOf(client, 'error');
    assert.equal(error.message, message);
    assert.equal((await closed)[0], 1006);
    assert.equal(requests, expected);
  }
});

test('a redirect to where no WebSocket is fails', async (t) => {
  for (const location of [
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/plain,x',
    'ws://127.0.0.1/#fragment',
    'ws://[::1',
    'ws+unix:',
    'http://',
    'ws://a b/',
  ]) {
    const server = http.createServer((req, res) => {
      res.writeHead(302, { Location: location });
      res.end();
    });
    const port = await listen(t, server);
    const client = new WebSocket(`ws://127.0.0.1:${port}`, {
      followRedirects: true,
    });
    const closed = eventOf(client, 'close');
    const [error] = await eventOf(client, 'error');
    assert.ok(error instanceof Error, location);
    assert.equal((await closed)[0], 1006);
  }
});

/**
 * A server that redirects, and the one it redirects to.
 */
async function makeWorld(t, from, to) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hawser-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const isTls = from === 'wss';
  const redirects = [];
  const answer = (req, res) => {
    res.writeHead(302, { Location: redirects.shift() });
    res.end();
  };
  const origin = isTls
    ? https.createServer(CERTIFICATE, answer)
    : http.createServer(answer);
  const firstSocket = path.join(folder, 'a.sock');
  const originPort =
    from === 'unix'
      ? await listenAt(t, origin, firstSocket)
      : await listen(t, origin);
  const originUrl =
    from === 'unix'
      ? `ws+unix:${firstSocket}:`
      : `${from}://127.0.0.1:${originPort}`;

  const staysThere = /^same|and back$/.test(to);
  const secure = to === 'wss';
  const target = staysThere
    ? origin
    : secure
      ? https.createServer(CERTIFICATE, answer)
      : http.createServer(answer);
  const wss = new WebSocketServer({ server: target });
  let targetUrl = originUrl;
  if (!staysThere) {
    const socketPath = path.join(folder, 'b.sock');
    if (to.startsWith('unix')) {
      await listenAt(t, target, socketPath);
      targetUrl = `ws+unix:${socketPath}:`;
    } else {
      const host = to === 'localhost' ? 'localhost' : '127.0.0.1';
      targetUrl = `${secure ? 'wss' : 'ws'}://${host}:${await listen(t, target)}`;
    }
  }
  if (to === 'same twice') redirects.push(`${originUrl}/one`);
  if (to === 'other and back') {
    const between = http.createServer(answer);
    redirects.push(`ws://127.0.0.1:${await listen(t, between)}/one`);
  }
  redirects.push(`${targetUrl}/two`);
  // The requests that are redirected are no handshakes to these servers.
  for (const server of new Set([origin, target])) {
    const [onUpgrade] = server.listeners('upgrade');
    server.removeAllListeners('upgrade');
    server.on('upgrade', (req, socket, head) => {
      if (req.url === '/two' && onUpgrade) {
        onUpgrade(req, socket, head);
        return;
      }
      socket.end(
        `HTTP/1.1 302 Found\r\nLocation: ${redirects.shift()}\r\nContent-Length: 0\r\n\r\n`,
      );
    });
  }

  return {
    target: wss,
    url: (credentials = '') =>
      `${from === 'unix' ? originUrl : originUrl.replace('//', `//${credentials}`)}/one`,
  };
}

async function follow(t, world, how) {
  const connected = eventOf(world.target, 'connection');
  const credentials = how === 'in the URL' ? 'user:secret@' : '';
  const client = new WebSocket(world.url(credentials), {
    followRedirects: true,
    rejectUnauthorized: false,
    ...(how === 'in headers' ? SECRETS : {}),
    ...(how === 'in options' ? { auth: 'user:secret' } : {}),
  });
  t.after(() => client.terminate());
  const [[, request]] = await Promise.all([connected, eventOf(client, 'open')]);
  return request;
}

function listenAt(t, server, socketPath) {
  t.after(() => server.close());
  return new Promise((resolve) => server.listen(socketPath, resolve));
}
