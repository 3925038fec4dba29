'use strict';

// Line breaks in what hooks and listeners of a server give for a header: it stays one header.

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const { startServer } = require('../support/connections');
const { exchange } = require('../support/raw-http');
const { connectRawClient } = require('../support/raw-peer');
const { listen } = require('../support/servers');
const subject = require('../support/subject');
const { upgradeRequest } = require('../support/upgrade-request');
const { eventOf } = require('../support/waiting');

/** What a client has its server repeat. */
const INJECTIONS = [
  'a\r\nX-Injected: 1',
  'a\nX-Injected: 1',
  'a\rX-Injected: 1',
  'a\r\n\r\n<script>',
  'a\n\n\x81\x05hello',
  'a\r\n X-Injected: 1',
  '\r\nX-Injected: 1',
  'a\0b',
  'a\r\n',
];

// `ws` writes what it is given.
if (!subject.isControl) {
  for (const injection of INJECTIONS) {
    const shown = JSON.stringify(injection);

    test(`handleProtocols returns ${shown}`, async (t) => {
      const { port, wss } = await startServer(t, subject, {
        handleProtocols: () => injection,
      });
      const connected = eventOf(wss, 'connection');

      const answer = await exchange(
        t,
        port,
        upgradeRequest({ 'Sec-WebSocket-Protocol': 'a' }),
      );

      assert.equal(answer.status, 101);
      checkHead(answer, 5);
      await connected;
    });

    test(`a listener of 'headers' adds ${shown}`, async (t) => {
      const { port, wss } = await startServer(t, subject);
      wss.on('headers', (lines) => {
        lines.push(`Set-Cookie: ${injection}`);
      });

      const answer = await exchange(t, port, upgradeRequest());

      assert.equal(answer.status, 101);
      checkHead(answer, 5);
    });

    test(`verifyClient refuses with ${shown} in headers`, async (t) => {
      const { port } = await startServer(t, subject, {
        verifyClient(info, done) {
          done(false, 302, injection, {
            Location: injection,
            [`X${injection}`]: 'name',
          });
        },
      });

      const answer = await exchange(t, port, upgradeRequest());

      assert.equal(answer.status, 302);
      assert.ok(answer.ended);
      // The body is the program's.
      assert.equal(answer.body, Buffer.from(injection).toString('latin1'));
      checkHead(answer, 6);
    });
  }
}

test('a client cannot have line breaks put into an answer by itself', async (t) => {
  for (const options of [{}, { handleProtocols: ([first]) => first }]) {
    const { port } = await startServer(t, subject, {
      perMessageDeflate: true,
      ...options,
    });
    for (const header of [
      'Sec-WebSocket-Protocol',
      'Sec-WebSocket-Extensions',
      'Sec-WebSocket-Key',
      'Origin',
    ]) {
      for (const value of [
        'a\n b',
        'a\r\n b',
        'a\r\n\tX-Injected: 1',
        'a\0',
        'a\x0b',
      ]) {
        const answer = await exchange(
          t,
          port,
          upgradeRequest({ [header]: value }),
        );
        assert.ok(
          !answer.lines.some((line) => /^X-Injected/i.test(line)),
          `${header}: ${JSON.stringify(value)}`,
        );
      }
    }
  }
});

test('the errors of a handshake repeat nothing that a client has sent', async (t) => {
  const server = http.createServer();
  new subject.WebSocketServer({
    server,
    perMessageDeflate: true,
    path: '/here',
  });
  const port = await listen(t, server);

  for (const changes of [
    { 'Sec-WebSocket-Version': 'SECRET' },
    { 'Sec-WebSocket-Key': 'SECRET' },
    { 'Sec-WebSocket-Protocol': 'SECRET,SECRET' },
    { 'Sec-WebSocket-Extensions': 'permessage-deflate; SECRET' },
    { Upgrade: 'SECRET' },
    { Cookie: 'SECRET' },
  ]) {
    const { status, head, body } = await exchange(
      t,
      port,
      upgradeRequest(changes, 'GET /SECRET HTTP/1.1'),
    );
    assert.equal(status, 400);
    assert.ok(!/SECRET/.test(head + body));
  }
});

test('lines that are in order are sent as they are', async (t) => {
  const { port, wss } = await startServer(t, subject);
  const lines = [
    'Set-Cookie: a=b; Path=/',
    'X-Tab: a\tb',
    'X-Latin: \xe9',
    'X:',
  ];
  wss.on('headers', (headers) => headers.push(...lines));

  const { handshake } = await connectRawClient(t, port);

  const [, ...received] = handshake.split('\r\n');
  assert.deepEqual(
    received.slice(3),
    // A head is written as UTF-8.
    lines.map((line) => Buffer.from(line).toString('latin1')),
  );
});

/** An answer has as many headers as it is to have, and no control characters. */
function checkHead({ lines, body, status }, count) {
  assert.ok(!lines.some((line) => /^\s*X-Injected/i.test(line)), `${lines}`);

  assert.ok(!lines.some((line) => /[\r\n\0]/.test(line)));
  assert.equal(lines.length, count);
  if (status === 101) assert.equal(body, '');
}
