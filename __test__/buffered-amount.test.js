'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { connect, connectRaw, testInRoles } = require('./support/connections');
const { listenRaw } = require('./support/raw-peer');
const { WebSocket } = require('./support/subject');
const { eventOf, until } = require('./support/waiting');

const MEGABYTE = 1024 * 1024;

testInRoles('bufferedAmount is 0 at first', async (t, role) => {
  const { subject } = await connect(t, role);

  assert.equal(subject.bufferedAmount, 0);
});

testInRoles(
  'bufferedAmount grows while the peer does not read, and falls to 0',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    raw.socket.pause();
    const frameSize = MEGABYTE + (role === 'client' ? 14 : 10);
    const callbacks = [];

    for (let i = 0; i < 24; i++) {
      subject.send(Buffer.alloc(MEGABYTE), () =>
        callbacks.push(subject.bufferedAmount),
      );
    }
    const peak = subject.bufferedAmount;
    assert.ok(peak > 0 && peak <= 24 * frameSize, `${peak}`);

    raw.socket.resume();
    await raw.firstFrames(24);
    await until(() => callbacks.length === 24, 'callbacks are missing');
    assert.equal(callbacks.at(-1), 0);
    assert.equal(subject.bufferedAmount, 0);
  },
);

testInRoles(
  'bufferedAmount counts every byte while nothing moves',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    raw.socket.pause();
    let amount = -1;
    let turnsWithoutChange = 0;
    subject.send(Buffer.alloc(24 * MEGABYTE));
    await until(() => {
      turnsWithoutChange =
        amount === subject.bufferedAmount ? turnsWithoutChange + 1 : 0;
      amount = subject.bufferedAmount;
      return turnsWithoutChange === 500;
    }, 'the amount does not settle');

    const before = subject.bufferedAmount;
    subject.send('x'.repeat(100));
    subject.send(Buffer.alloc(1000));
    subject.ping('12345');
    const added = subject.bufferedAmount - before;

    const payload = 100 + 1000 + 5;
    const headers = 2 + 4 + 2 + (role === 'client' ? 3 * 4 : 0);
    assert.equal(added, payload + headers);
    subject.terminate();
  },
);

testInRoles('what is sent after close() is counted', async (t, role) => {
  const { subject } = await connect(t, role);

  subject.close();
  await eventOf(subject, 'close');
  const before = subject.bufferedAmount;
  subject.send('four');
  subject.send(Buffer.alloc(10));
  subject.send(new Blob(['123']));
  subject.ping('12');

  assert.equal(subject.bufferedAmount - before, 19);
});

test('what is sent after a failed handshake is counted', async (t) => {
  const listener = await listenRaw(t);
  const client = new WebSocket(listener.url);
  client.on('error', () => {});
  assert.equal(client.bufferedAmount, 0);

  client.close();
  client.send('12345');
  await eventOf(client, 'close');
  client.send('678');

  assert.equal(client.bufferedAmount, 8);
});

testInRoles(
  'a compressed message that is written counts no more',
  async (t, role) => {
    const { subject, peer } = await connect(t, role, {
      subject: { perMessageDeflate: true },
      peer: { perMessageDeflate: true },
    });
    const written = new Promise((resolve) => {
      subject.send('x'.repeat(100_000), resolve);
    });

    await Promise.all([eventOf(peer, 'message'), written]);

    assert.equal(subject.bufferedAmount, 0);
  },
);

testInRoles(
  'compressed messages that are written count no more, however often reading pauses',
  async (t, role) => {
    const { subject, peer } = await connect(t, role, {
      subject: { perMessageDeflate: { threshold: 0 } },
      peer: { perMessageDeflate: true },
    });
    subject.on('message', () => {
      subject.send('x'.repeat(70_000));
      setImmediate(() => subject.pause());
    });

    for (let round = 0; round < 100; round++) {
      const answer = eventOf(peer, 'message');
      peer.send('?');
      await answer;
      await until(
        () => subject.bufferedAmount === 0 && subject.isPaused,
        `${subject.bufferedAmount} bytes after ${round} rounds`,
      );
      subject.resume();
    }
  },
);
