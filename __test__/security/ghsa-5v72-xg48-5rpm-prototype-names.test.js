'use strict';

// GHSA-5v72-xg48-5rpm: a name of Object.prototype as an extension, or as a parameter, met what was
// inherited, and threw.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { startServer } = require('../support/connections');
const { exchange } = require('../support/raw-http');
const { connectRawClient, listenRaw } = require('../support/raw-peer');
const subject = require('../support/subject');
const { upgradeRequest } = require('../support/upgrade-request');
const { eventOf } = require('../support/waiting');

const { WebSocket } = subject;

const NAMES = [
  ...Object.getOwnPropertyNames(Object.prototype),
  ...Object.getOwnPropertyNames(Array.prototype).slice(0, 10),
  'prototype',
  'then',
  'length',
];

test('extensions with names of prototypes are not known', async (t) => {
  const { port, wss } = await startServer(t, subject, {
    perMessageDeflate: true,
  });

  for (const name of NAMES) {
    for (const value of [
      name,
      `${name}; ${name}`,
      `${name}; ${name}=1; ${name}="2"`,
      `${name}, permessage-deflate, ${name}`,
    ]) {
      const { status, lines } = await exchange(
        t,
        port,
        upgradeRequest({ 'Sec-WebSocket-Extensions': value }),
      );
      assert.equal(status, 101, value);
      const isAccepted = lines.some((line) => /permessage-deflate/.test(line));
      assert.equal(isAccepted, /permessage-deflate/.test(value), value);
    }
  }
  assert.equal(wss.clients.size, 4 * NAMES.length);
});

test('parameters with names of prototypes are refused', async (t) => {
  const { port } = await startServer(t, subject, { perMessageDeflate: true });

  for (const name of NAMES) {
    for (const parameter of [name, `${name}=1`, `${name}=15; ${name}`]) {
      const value = `permessage-deflate; ${parameter}`;
      const { status } = await exchange(
        t,
        port,
        upgradeRequest({ 'Sec-WebSocket-Extensions': value }),
      );
      assert.equal(status, 400, value);
    }
  }
});

test('subprotocols and headers may have such names', async (t) => {
  const { port, wss } = await startServer(t, subject);

  for (const name of NAMES) {
    const connected = eventOf(wss, 'connection');
    const raw = await connectRawClient(t, port, {
      headers: [`Sec-WebSocket-Protocol: ${name}`, `${name}: ${name}`],
    });
    assert.match(raw.handshake, new RegExp(`Protocol: ${name}$`, 'm'));
    const [websocket, request] = await connected;
    assert.equal(websocket.protocol, name);
    assert.equal(Object.getPrototypeOf(request.headers), Object.prototype);
    if (name !== '__proto__') {
      assert.equal(request.headers[name.toLowerCase()], name);
    }
    raw.socket.destroy();
  }
  assert.equal({}.polluted, undefined);
});

for (const name of NAMES) {
  test(`a server answers with "${name}"`, async (t) => {
    for (const value of [
      name,
      `permessage-deflate; ${name}`,
      `permessage-deflate, ${name}`,
    ]) {
      const listener = await listenRaw(t, {
        headers: [`Sec-WebSocket-Extensions: ${value}`],
      });
      const client = new WebSocket(listener.url);
      const failed = eventOf(client, 'error');
      const closed = eventOf(client, 'close');
      await listener.accept();
      assert.match((await failed)[0].message, /extension|Extensions/i);
      assert.equal((await closed)[0], 1006);
    }
  });
}
