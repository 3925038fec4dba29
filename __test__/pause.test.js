'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { connect, connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { listenRaw } = require('./support/raw-peer');
const { WebSocket } = require('./support/subject');
const { closeOf, eventOf, messagesOf, until } = require('./support/waiting');

testInRoles(
  'a paused connection gives no message until it is resumed',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const other = await connect(t, role);
    let count = 0;
    subject.on('message', () => count++);

    subject.pause();
    assert.equal(subject.isPaused, true);
    await new Promise((resolve) => peer.send('waits', resolve));
    await roundTrips(other, 10);
    assert.equal(count, 0);

    const message = eventOf(subject, 'message');
    subject.resume();
    assert.equal(subject.isPaused, false);
    assert.equal((await message)[0].toString(), 'waits');
  },
);

testInRoles('pause() and resume() may be repeated', async (t, role) => {
  const { subject, peer } = await connect(t, role);

  subject.pause();
  subject.pause();
  subject.resume();
  subject.resume();
  peer.send('flows');

  assert.equal((await messagesOf(subject, 1))[0].data.toString(), 'flows');
});

testInRoles('pause() in a message listener loses nothing', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const received = [];
  const all = new Promise((resolve) => {
    subject.on('message', (data) => {
      received.push(Number(data.toString()));
      subject.pause();
      setImmediate(() => subject.resume());
      if (received.length === 200) resolve();
    });
  });

  for (let i = 0; i < 200; i += 4) {
    raw.send(
      ...[0, 1, 2, 3].map((n) => ({
        opcode: OPCODE.TEXT,
        payload: `${i + n}`,
      })),
    );
  }

  await all;
  assert.deepEqual(received, [...Array(200).keys()]);
});

testInRoles('a paused connection can still send', async (t, role) => {
  const { subject, peer } = await connect(t, role);

  subject.pause();
  subject.send('out');

  assert.equal((await messagesOf(peer, 1))[0].data.toString(), 'out');
});

testInRoles('a paused receiver makes the sender buffer', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  await assertBackPressure(t, role, { receiver: subject, sender: peer });
});

testInRoles('a sender buffers for a paused receiver', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  await assertBackPressure(t, role, { receiver: peer, sender: subject });
});

testInRoles('a close frame waits for resume()', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const other = await connect(t, role);
  const closed = closeOf(subject);
  let isClosed = false;
  subject.on('close', () => (isClosed = true));

  subject.pause();
  peer.send('first');
  peer.close(1000, 'then');
  await roundTrips(other, 10);
  assert.equal(isClosed, false);

  const message = eventOf(subject, 'message');
  subject.resume();
  assert.equal((await message)[0].toString(), 'first');
  assert.deepEqual(await closed, { code: 1000, reason: 'then' });
});

testInRoles('a paused connection can be terminated', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const closed = Promise.all([closeOf(subject), closeOf(peer)]);

  subject.pause();
  subject.terminate();

  const [mine, theirs] = await closed;
  assert.equal(mine.code, 1006);
  assert.equal(theirs.code, 1006);
});

testInRoles('a terminated connection can be paused', async (t, role) => {
  const { subject } = await connect(t, role);
  const closed = closeOf(subject);

  subject.terminate();
  subject.pause();

  assert.equal((await closed).code, 1006);
});

test('pause() and resume() do nothing while connecting or closed', async (t) => {
  const listener = await listenRaw(t);
  const client = new WebSocket(listener.url);
  client.on('error', () => {});

  client.pause();
  assert.equal(client.isPaused, false);
  client.resume();

  client.terminate();
  await eventOf(client, 'close');
  client.pause();
  assert.equal(client.isPaused, false);
  client.resume();
});

async function assertBackPressure(t, role, { receiver, sender }) {
  const size = 256 * 1024;
  const count = 96;
  const other = await connect(t, role);
  const received = messagesOf(receiver, count);
  receiver.pause();

  let written = 0;
  for (let i = 0; i < count; i++) {
    sender.send(Buffer.alloc(size, i), () => written++);
  }
  await roundTrips(other, 20);
  assert.ok(sender.bufferedAmount > 0, 'everything went through');
  assert.ok(sender.bufferedAmount <= count * (size + 14));
  assert.ok(written < count);

  receiver.resume();
  const messages = await received;
  messages.forEach(({ data }, i) => {
    assert.ok(data.length === size && data[0] === i && data[size - 1] === i);
  });
  await until(() => written === count, 'callbacks are missing');
  assert.equal(sender.bufferedAmount, 0);
}

/** Gives the rest of the process every chance to do what it should not do. */
async function roundTrips({ subject, peer }, count) {
  for (let i = 0; i < count; i++) {
    subject.ping();
    await eventOf(subject, 'pong');
    peer.ping();
    await eventOf(peer, 'pong');
  }
}
