'use strict';

// Line breaks in what a client is given for its request: it is refused before anything is sent.

const assert = require('node:assert/strict');
const net = require('node:net');
const { test } = require('node:test');
const { listenRaw } = require('../support/raw-peer');
const { listen } = require('../support/servers');
const { WebSocket } = require('../support/subject');
const { closeOf, eventOf } = require('../support/waiting');

const BREAKS = ['\r\n', '\n', '\r', '\0', '\r\n\r\n', '\r\n '];

for (const lineBreak of BREAKS) {
  const evil = `a${lineBreak}X-Injected: 1`;
  const shown = JSON.stringify(lineBreak);

  for (const [what, make] of Object.entries({
    'the value of a header': (url) =>
      new WebSocket(url, { headers: { X: evil } }),
    'the name of a header': (url) =>
      new WebSocket(url, { headers: { [evil]: 'x' } }),
    'one of several values': (url) =>
      new WebSocket(url, { headers: { X: ['a', evil] } }),
    'the origin': (url) => new WebSocket(url, { origin: evil }),
    'the old origin': (url) =>
      new WebSocket(url, { origin: evil, protocolVersion: 8 }),
    'a subprotocol': (url) => new WebSocket(url, [evil]),
    'the subprotocol': (url) => new WebSocket(url, evil),
    'a parameter of an extension': (url) =>
      new WebSocket(url, {
        perMessageDeflate: { serverMaxWindowBits: evil },
      }),
    'another parameter': (url) =>
      new WebSocket(url, {
        perMessageDeflate: { clientMaxWindowBits: evil },
      }),
    'the Host header': (url) => new WebSocket(url, { headers: { Host: evil } }),
  })) {
    test(`${shown} in ${what} is refused`, async (t) => {
      let connections = 0;
      const port = await listen(
        t,
        net.createServer(() => connections++),
      );

      assert.throws(() => make(`ws://127.0.0.1:${port}`));

      await new Promise(setImmediate);
      assert.equal(connections, 0);
    });
  }

  test(`${shown} in a URL is encoded, left out or refused`, async (t) => {
    for (const make of [
      (port) => `ws://127.0.0.1:${port}/${evil}`,
      (port) => `ws://127.0.0.1:${port}/?${evil}`,
      (port) => `ws://user${lineBreak}X-Injected:pass@127.0.0.1:${port}/`,
      (port) => `ws://us%0d%0aX-Injected:%0d%0a@127.0.0.1:${port}/`,
      (port) => `ws://127.0.0.1:${port}${lineBreak}X-Injected:1/`,
    ]) {
      const listener = await listenRaw(t);
      let client;
      try {
        client = new WebSocket(make(listener.port));
      } catch (error) {
        assert.ok(error instanceof SyntaxError);
        continue;
      }
      client.on('error', () => {});
      const raw = await listener.accept();
      const lines = raw.handshake.split('\r\n');
      assert.ok(!lines.some((line) => /^\s*X-Injected/.test(line)), `${lines}`);

      assert.ok(!lines.some((line) => /[\r\n\0]/.test(line)));
      client.terminate();
      raw.socket.destroy();
    }
  });
}

test('options that the URL decides cannot be set beside it', async (t) => {
  const listener = await listenRaw(t);
  const client = new WebSocket(`${listener.url}/path`, {
    host: 'example.com',
    hostname: 'example.com',
    port: 1,
    path: '/evil HTTP/1.1\r\nX-Injected: 1\r\n\r\n',
    method: 'POST /evil HTTP/1.1\r\nX-Injected: 1\r\n\r\n',
    socketPath: '/evil',
    protocol: 'https:',
    timeout: 1,
  });
  const opened = eventOf(client, 'open');

  const raw = await listener.accept();

  await opened;
  const [line, ...headers] = raw.handshake.split('\r\n');
  assert.equal(line, 'GET /path HTTP/1.1');
  assert.ok(!headers.some((header) => /^X-Injected/.test(header)));
  client.terminate();
});

test('a ping, a close reason and an address are no headers', async (t) => {
  const listener = await listenRaw(t);
  const client = new WebSocket(listener.url);
  const raw = await listener.accept();
  if (client.readyState !== client.OPEN) await eventOf(client, 'open');

  client.ping('a\r\nb');
  client.close(1000, 'a\r\nb');

  const [ping, close] = await raw.firstFrames(2);
  assert.equal(`${ping.payload}`, 'a\r\nb');
  assert.equal(`${close.payload.subarray(2)}`, 'a\r\nb');
  raw.close(1000);
  await closeOf(client);
});
