'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const { test } = require('node:test');
const { Peer, startServer } = require('./support/connections');
const { createDuplexPair } = require('./support/duplex-pair');
const { OPCODE } = require('./support/frames');
const { RawPeer, readHandshake } = require('./support/raw-peer');
const { WebSocket, WebSocketServer } = require('./support/subject');
const { listen, open, serve } = require('./support/servers');
const { closeOf, eventOf, messagesOf, within } = require('./support/waiting');

const TLS = path.join(__dirname, 'support', 'tls');
const KEY_PAIR = {
  key: fs.readFileSync(path.join(TLS, 'test-only-key.pem')),
  cert: fs.readFileSync(path.join(TLS, 'test-only-cert.pem')),
};

test('exactly one of port, server and noServer is wanted', () => {
  const server = http.createServer();
  const expected = {
    name: 'TypeError',
    message:
      'One and only one of the "port", "server", or "noServer" options must be specified',
  };

  for (const options of [
    undefined,
    {},
    { port: 0, noServer: true },
    { port: 0, server },
    { server, noServer: true },
  ]) {
    assert.throws(() => new WebSocketServer(options), expected);
  }
});

test('with port it listens itself and tells its address', async (t) => {
  let calledBack = false;
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => {
    calledBack = true;
  });
  t.after(() => wss.close());
  await eventOf(wss, 'listening');

  const { address, family, port } = wss.address();

  assert.equal(calledBack, true);
  assert.equal(address, '127.0.0.1');
  assert.equal(family, 'IPv4');
  assert.ok(port > 0);
});

test('a plain request is told to upgrade', async (t) => {
  const { port } = await startServer(t, WebSocket);

  const response = await new Promise((resolve, reject) => {
    http
      .get({ port, host: '127.0.0.1', agent: false }, resolve)
      .on('error', reject);
  });
  response.resume();

  assert.equal(response.statusCode, 426);
});

test('a port in use is an error event', async (t) => {
  const { port } = await startServer(t, WebSocket);

  const second = new WebSocketServer({ port, host: '127.0.0.1' });

  const [error] = await eventOf(second, 'error');
  assert.equal(error.code, 'EADDRINUSE');
});

test('with server it serves beside ordinary requests', async (t) => {
  const server = http.createServer((request, response) => response.end('page'));
  const { wss, port } = await serve(t, server);
  wss.on('connection', echo);

  const page = await fetch(`http://127.0.0.1:${port}`);
  const client = await open(t, `ws://127.0.0.1:${port}`);
  client.send('and a socket');

  assert.equal(await page.text(), 'page');
  assert.equal(
    (await messagesOf(client, 1))[0].data.toString(),
    'and a socket',
  );
});

test('an https server and a wss client talk', async (t) => {
  const server = https.createServer(KEY_PAIR);
  const { wss, port } = await serve(t, server);
  wss.on('connection', echo);
  const large = Buffer.alloc(2 * 1024 * 1024, 'tls');

  for (const Client of [Peer, WebSocket]) {
    const client = await open(t, `wss://localhost:${port}`, Client, {
      ca: KEY_PAIR.cert,
      family: 4,
    });
    client.send('secret');
    client.send(large);
    const [small, big] = await messagesOf(client, 2);
    assert.equal(small.data.toString(), 'secret');
    assert.ok(big.data.equals(large));
    const closed = closeOf(client);
    client.close(1000, 'done');
    assert.deepEqual(await closed, { code: 1000, reason: 'done' });
  }
});

test('a certificate nobody trusts is an error', async (t) => {
  const { port } = await serve(t, https.createServer(KEY_PAIR));

  const client = new WebSocket(`wss://127.0.0.1:${port}`);

  const [error] = await eventOf(client, 'error');
  assert.equal(error.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
  assert.equal(client.readyState, WebSocket.CLOSED);
});

test('with noServer the application upgrades', async (t) => {
  const server = http.createServer();
  const chat = new WebSocketServer({ noServer: true });
  const news = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    const wss = request.url === '/chat' ? chat : news;
    wss.handleUpgrade(request, socket, head, (connection, sameRequest) => {
      assert.equal(sameRequest, request);
      wss.emit('connection', connection, request);
    });
  });
  chat.on('connection', (connection) => connection.send('chat'));
  news.on('connection', (connection) => connection.send('news'));
  const port = await listen(t, server);

  const texts = await Promise.all(
    ['/chat', '/news'].map(async (url) => {
      const client = new Peer(`ws://127.0.0.1:${port}${url}`);
      t.after(() => client.terminate());
      return (await messagesOf(client, 1))[0].data.toString();
    }),
  );

  assert.deepEqual(texts, ['chat', 'news']);
  assert.equal(chat.clients.size, 1);
  assert.throws(() => chat.address(), {
    message: 'The server is operating in "noServer" mode',
  });
});

test('any pair of streams can be upgraded', async (t) => {
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  const { subject, raw } = await upgradeStream(t, wss);
  echo(subject);

  raw.text('over streams');
  raw.send({ opcode: OPCODE.PING, payload: 'p' });
  raw.send({ opcode: OPCODE.BINARY, payload: Buffer.alloc(300_000, 'z') });

  const [text, pong, binary] = await raw.firstFrames(3);
  assert.equal(text.payload.toString(), 'over streams');
  assert.equal(pong.opcode, OPCODE.PONG);
  assert.ok(binary.payload.equals(Buffer.alloc(300_000, 'z')));

  const closed = closeOf(subject);
  raw.close(1000, 'bye');
  assert.deepEqual(await closed, { code: 1000, reason: 'bye' });
  await raw.end();
});

test('a stream that goes away is a 1006', async (t) => {
  const wss = new WebSocketServer({ noServer: true });
  const { subject, raw } = await upgradeStream(t, wss);
  const closed = closeOf(subject);

  raw.socket.destroy();

  assert.equal((await closed).code, 1006);
});

test('bytes that came with the request are the first frames', async (t) => {
  const wss = new WebSocketServer({ noServer: true });
  const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);

  const { firstMessage } = await upgradeStream(t, wss, frame);

  assert.equal((await within(firstMessage, 'no message')).toString(), 'hi');
});

test('the WebSocket option decides the class of connections', async (t) => {
  class Special extends WebSocket {
    greet() {
      this.send('hello from a subclass');
    }
  }
  const { wss, url } = await startServer(t, WebSocket, { WebSocket: Special });
  wss.on('connection', (connection) => connection.greet());

  const client = new Peer(url);
  t.after(() => client.terminate());

  const [{ data }] = await messagesOf(client, 1);
  assert.equal(data.toString(), 'hello from a subclass');
});

function echo(connection) {
  connection.on('message', (data, isBinary) => {
    connection.send(data, { binary: isBinary });
  });
}

async function upgradeStream(t, wss, head = Buffer.alloc(0)) {
  const [near, far] = createDuplexPair();
  t.after(() => near.destroy());
  const request = new http.IncomingMessage(far);
  Object.assign(request, { method: 'GET', url: '/' });
  request.headers.upgrade = 'websocket';
  request.headers['sec-websocket-key'] = 'AAECAwQFBgcICQoLDA0ODw==';
  request.headers['sec-websocket-version'] = '13';
  let firstMessage;
  const upgraded = new Promise((resolve) => {
    wss.handleUpgrade(request, far, head, (connection) => {
      firstMessage = new Promise((received) => {
        connection.once('message', received);
      });
      resolve(connection);
    });
  });
  const [subject, response] = await Promise.all([
    upgraded,
    readHandshake(near),
  ]);
  t.after(() => subject.terminate());
  return {
    subject,
    firstMessage,
    raw: new RawPeer(near, { masks: true, ...response }),
  };
}
