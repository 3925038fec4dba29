'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const { test } = require('node:test');
const { Peer, startServer } = require('./support/connections');
const { acceptKeyFor, readHandshake } = require('./support/raw-peer');
const { WebSocket } = require('./support/subject');
const { closeOf, eventOf, messagesOf, until } = require('./support/waiting');

const CONNECTIONS = 30;

/** So many that whatever opens descriptors once has opened them. */
const WARM_UP = 8;

test('a server outlives clients that reset right after their request', async (t) => {
  const { wss, port, url } = await startServer(t, WebSocket);
  const codes = [];
  let accepted = 0;
  wss.on('connection', (connection) => {
    accepted++;
    connection.on('close', (code) => codes.push(code));
    connection.on('message', (data) => connection.send(data.toString()));
  });
  for (let i = 0; i < WARM_UP; i++) {
    // Two at a time: each I/O thread that there may be is to be needed.
    await Promise.all([exchangeWith(url), exchangeWith(url)]);
  }
  const before = openDescriptors();

  for (let i = 0; i < CONNECTIONS; i++) await requestAndReset(port);
  await exchangeWith(url);

  await until(() => codes.length === accepted, 'a connection does not close');
  await until(() => wss.clients.size === 0, 'a client is never removed');
  await until(() => openDescriptors() <= before, 'descriptors are left open');
  assert.deepEqual([...new Set(codes)].sort(), [1000, 1006]);
});

test('a client outlives servers that reset right after their response', async (t) => {
  const server = net.createServer(respondAndReset);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `ws://127.0.0.1:${server.address().port}`;
  let before;

  for (let i = 0; i < WARM_UP + CONNECTIONS; i++) {
    if (i === WARM_UP) before = openDescriptors();
    const client = new WebSocket(url);
    // The reset may be there before the response has been read.
    client.on('error', () => {});
    assert.equal((await closeOf(client)).code, 1006);
  }

  await until(() => openDescriptors() <= before, 'descriptors are left open');
});

async function exchangeWith(url) {
  const client = new Peer(url);
  await eventOf(client, 'open');
  const answers = messagesOf(client, 1);
  client.send('anybody there?');
  assert.equal((await answers)[0].data.toString(), 'anybody there?');
  const closed = closeOf(client);
  client.close(1000);
  await closed;
}

async function requestAndReset(port) {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await eventOf(socket, 'connect');
  const closed = eventOf(socket, 'close');
  socket.write(
    [
      'GET / HTTP/1.1',
      'Host: 127.0.0.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==',
      '\r\n',
    ].join('\r\n'),
  );
  socket.resetAndDestroy();
  await closed;
}

async function respondAndReset(socket) {
  const { handshake } = await readHandshake(socket);
  socket.on('error', () => {});
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptKeyFor(handshake)}`,
      '\r\n',
    ].join('\r\n'),
  );
  socket.resetAndDestroy();
}

/** Where the system does not list them no descriptor is duplicated either. */
function openDescriptors() {
  return fs.existsSync('/dev/fd') ? fs.readdirSync('/dev/fd').length : 0;
}
