'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const { connectRaw, testInRoles } = require('./support/connections');
const { OPCODE, buildFrame } = require('./support/frames');
const { connectRawClient } = require('./support/raw-peer');
const { WebSocket, WebSocketServer } = require('./support/subject');
const { closeOf, until } = require('./support/waiting');

const COUNT = 3000;

test('a Receiver may be given bytes by a listener of another', async () => {
  const outer = new WebSocket.Receiver();
  const inner = new WebSocket.Receiver();
  const sent = [];
  const received = [];
  outer.on('message', (data) => {
    sent.push(data.toString());
    inner.write(buildFrame({ opcode: OPCODE.TEXT, payload: data }));
  });
  inner.on('message', (data) => received.push(data.toString()));

  outer.write(Buffer.concat(numberedTexts().map(buildFrame)));

  await until(() => received.length === COUNT, 'messages are missing');
  assert.deepEqual(sent, numbers());
  assert.deepEqual(received, numbers());
});

test('a listener among many messages may accept a client that has sent some', async (t) => {
  const server = http.createServer();
  const wss = new WebSocketServer({ noServer: true });
  const upgrades = [];
  server.on('upgrade', (...upgrade) => upgrades.push(upgrade));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address();
  const busyPeer = connectRawClient(t, port);
  await until(() => upgrades.length === 1, 'no first upgrade');
  const busy = await accept(wss, upgrades[0]);
  const early = connectEarlySender(t, port);
  await until(() => upgrades.length === 2, 'no second upgrade');

  const received = [];
  let count = 0;
  let acceptedLater;
  busy.on('message', () => {
    if (++count !== 5) return;
    wss.handleUpgrade(...upgrades[1], (connection) => {
      acceptedLater = connection;
      connection.on('message', (data) => received.push(data.toString()));
    });
  });
  (await busyPeer).send(...numberedTexts());
  (await early).text('C');

  await until(() => received.length >= 3, 'messages are missing');
  await until(() => count === COUNT, 'messages of the busy one are missing');
  assert.deepEqual(received, ['A', 'B', 'C']);
  for (const connection of [busy, acceptedLater]) {
    const closed = closeOf(connection);
    connection.terminate();
    await closed;
  }
});

testInRoles(
  'terminate() after the first of many messages lets them all through',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const received = [];
    const outcomes = [];
    subject.on('message', (data) => {
      received.push(data.toString());
      if (received.length > 1) return;
      subject.send('slow down', (error) => outcomes.push(error ?? 'sent'));
      subject.terminate();
    });
    const closed = closeOf(subject);

    raw.send(...numberedTexts());

    assert.equal((await closed).code, 1006);
    assert.deepEqual(received, numbers());
    await until(() => outcomes.length > 0, 'the callback was not called');
    assert.deepEqual(outcomes, ['sent']);
  },
);

testInRoles(
  'each of many messages may be answered with a callback',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const confirmed = [];
    subject.on('message', (data) => {
      const text = data.toString();
      subject.send(text, (error) => confirmed.push(error ?? text));
    });

    raw.send(...numberedTexts());
    const frames = await raw.firstFrames(COUNT);

    await until(() => confirmed.length >= COUNT, 'callbacks are missing');
    assert.deepEqual(confirmed, numbers());
    assert.deepEqual(
      frames.map(({ payload }) => payload.toString()),
      numbers(),
    );
  },
);

function numbers() {
  return Array.from({ length: COUNT }, (_, i) => `${i}`);
}

function numberedTexts() {
  return numbers().map((payload) => ({ opcode: OPCODE.TEXT, payload }));
}

function accept(wss, upgrade) {
  return new Promise((resolve) => wss.handleUpgrade(...upgrade, resolve));
}

/** A raw client whose first messages are in the same write as its request. */
function connectEarlySender(t, port) {
  const text = (payload) =>
    buildFrame({ opcode: OPCODE.TEXT, payload, mask: true });
  return connectRawClient(t, port, {
    firstBytes: Buffer.concat([text('A'), text('B')]),
  });
}
