'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { test } = require('node:test');
const { Peer, startServer } = require('./support/connections');
const {
  acceptKeyFor,
  connectRawClient,
  readHandshake,
} = require('./support/raw-peer');
const { WebSocket, WebSocketServer } = require('./support/subject');
const { listen, open } = require('./support/servers');
const { closeOf, eventOf, within } = require('./support/waiting');

test('frames in the same packet as the request are not lost', async (t) => {
  const { wss, port } = await startServer(t, WebSocket);
  const message = new Promise((resolve) => {
    wss.on('connection', (connection) => connection.on('message', resolve));
  });
  const socket = net.connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  const request =
    'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n' +
    'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n\r\n';
  socket.write(
    Buffer.concat([
      Buffer.from(request),
      Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]),
    ]),
  );

  assert.equal((await within(message, 'no message')).toString(), 'hi');
});

test('the answer has the accept key of the request', async (t) => {
  const { port } = await startServer(t, WebSocket);

  const raw = await connectRawClient(t, port);

  assert.deepEqual(raw.handshake.split('\r\n'), [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptKeyFor('Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==')}`,
  ]);
});

test('path accepts one path only, with any query', async (t) => {
  const { wss, port } = await startServer(t, WebSocket, { path: '/live' });
  const accepted = eventOf(wss, 'connection');

  const wrong = await connectRawClient(t, port, { path: '/dead' });
  const right = await connectRawClient(t, port, { path: '/live?since=1' });

  assert.match(wrong.handshake, /^HTTP\/1\.1 400 /);
  assert.match(right.handshake, /^HTTP\/1\.1 101 /);
  const [, request] = await accepted;
  assert.equal(request.url, '/live?since=1');
});

test('shouldHandle() can be replaced', async (t) => {
  const { wss, port } = await startServer(t, WebSocket);
  wss.shouldHandle = (request) => request.url === '/yes';

  const no = await connectRawClient(t, port, { path: '/no' });
  const yes = await connectRawClient(t, port, { path: '/yes' });

  assert.match(no.handshake, /^HTTP\/1\.1 400 /);
  assert.match(yes.handshake, /^HTTP\/1\.1 101 /);
});

test('verifyClient refuses with 401', async (t) => {
  const seen = [];
  const { port } = await startServer(t, WebSocket, {
    verifyClient: (info) => {
      seen.push([info.origin, info.secure, info.req.url]);
      return false;
    },
  });

  const raw = await connectRawClient(t, port, {
    headers: ['Origin: http://there'],
    path: '/verify',
  });

  assert.match(raw.handshake, /^HTTP\/1\.1 401 Unauthorized\r\n/);
  assert.deepEqual(seen, [['http://there', false, '/verify']]);
});

test('verifyClient may answer later and in its own words', async (t) => {
  const { port } = await startServer(t, WebSocket, {
    verifyClient: (info, answer) => {
      setImmediate(() => {
        if (info.req.url === '/ok') answer(true);
        else answer(false, 404, 'not here', { 'X-Reason': 'none' });
      });
    },
  });

  const refused = await connectRawClient(t, port, { path: '/other' });
  const accepted = await connectRawClient(t, port, { path: '/ok' });

  assert.match(refused.handshake, /^HTTP\/1\.1 404 Not Found\r\n/);
  assert.match(refused.handshake, /\r\nX-Reason: none/);
  assert.match(accepted.handshake, /^HTTP\/1\.1 101 /);
});

test('the first subprotocol is chosen unless handleProtocols chooses', async (t) => {
  const plain = await startServer(t, WebSocket);
  const choosing = await startServer(t, WebSocket, {
    handleProtocols: (protocols, request) => {
      assert.ok(protocols instanceof Set);
      assert.equal(request.url, '/');
      return [...protocols].at(-1);
    },
  });
  const accepted = eventOf(choosing.wss, 'connection');

  const first = await open(t, plain.url, Peer, undefined, ['one', 'two']);
  const last = await open(t, choosing.url, Peer, undefined, ['one', 'two']);

  assert.equal(first.protocol, 'one');
  assert.equal(last.protocol, 'two');
  assert.equal((await accepted)[0].protocol, 'two');
});

test('handleProtocols may choose none', async (t) => {
  const { port } = await startServer(t, WebSocket, {
    handleProtocols: () => false,
  });

  const raw = await connectRawClient(t, port, {
    headers: ['Sec-WebSocket-Protocol: a, b'],
  });

  assert.doesNotMatch(raw.handshake, /sec-websocket-protocol/i);
});

test("a 'headers' listener can add to the answer", async (t) => {
  const { wss, port } = await startServer(t, WebSocket);
  wss.on('headers', (headers, request) => {
    headers.push(`X-Path: ${request.url}`);
  });

  const raw = await connectRawClient(t, port, { path: '/x' });

  assert.match(raw.handshake, /\r\nX-Path: \/x/);
});

for (const [what, lines, status] of [
  ['no key', ['GET / HTTP/1.1', 'Sec-WebSocket-Version: 13'], 400],
  [
    'a bad key',
    ['GET / HTTP/1.1', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: short'],
    400,
  ],
  [
    'no version',
    ['GET / HTTP/1.1', 'Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw=='],
    400,
  ],
  [
    'a POST',
    [
      'POST / HTTP/1.1',
      'Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==',
      'Sec-WebSocket-Version: 13',
    ],
    405,
  ],
  [
    'a bad list of subprotocols',
    [
      'GET / HTTP/1.1',
      'Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: a,,b',
    ],
    400,
  ],
]) {
  test(`a request with ${what} is refused`, async (t) => {
    const { wss, port } = await startServer(t, WebSocket);
    wss.on('connection', () => assert.fail('was accepted'));

    assert.equal(await statusOf(t, port, lines), status);
  });

  test(`a 'wsClientError' listener answers a request with ${what}`, async (t) => {
    const { wss, port } = await startServer(t, WebSocket);
    wss.on('wsClientError', (error, socket, request) => {
      assert.ok(error instanceof Error);
      assert.equal(request.url, '/');
      socket.end('HTTP/1.1 418 Teapot\r\nX-Error: yes\r\n\r\n');
    });

    assert.equal(await statusOf(t, port, lines), 418);
  });
}

test('one socket cannot be upgraded twice', async (t) => {
  const server = http.createServer();
  const wss = new WebSocketServer({ noServer: true });
  const outcome = new Promise((resolve) => {
    server.on('upgrade', (request, socket, head) => {
      wss.handleUpgrade(request, socket, head, () => {
        try {
          wss.handleUpgrade(request, socket, head, () => {});
          resolve(null);
        } catch (error) {
          resolve(error);
        }
      });
    });
  });
  const port = await listen(t, server);

  await connectRawClient(t, port);

  assert.equal(
    (await outcome).message,
    'server.handleUpgrade() was called more than once with the same socket, ' +
      'possibly due to a misconfiguration',
  );
});

test('a message sent in the connection listener arrives after the answer', async (t) => {
  const { wss, url } = await startServer(t, WebSocket);
  wss.on('connection', (connection) => {
    connection.send('first words');
    connection.close(1000);
  });

  const client = new Peer(url);

  const closed = closeOf(client);
  assert.equal((await eventOf(client, 'message'))[0].toString(), 'first words');
  assert.equal((await closed).code, 1000);
});

async function statusOf(t, port, lines) {
  const socket = net.connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.write(
    [
      ...lines,
      'Host: 127.0.0.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      '\r\n',
    ].join('\r\n'),
  );
  const { handshake } = await readHandshake(socket);
  return Number(handshake.split(' ')[1]);
}
