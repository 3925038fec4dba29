'use strict';

const assert = require('node:assert/strict');
const { connect, connectRaw, testInRoles } = require('./support/connections');
const { test } = require('node:test');
const { listenRaw } = require('./support/raw-peer');
const { WebSocket } = require('./support/subject');
const { eventOf } = require('./support/waiting');

testInRoles('onmessage gets an event with the data', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const events = [];
  const two = new Promise((resolve) => {
    subject.onmessage = function (event) {
      assert.equal(this, subject);
      events.push(event);
      if (events.length === 2) resolve();
    };
  });

  peer.send('text');
  peer.send(Buffer.from('binary'));

  await two;
  assert.equal(events[0].type, 'message');
  assert.equal(events[0].target, subject);
  assert.equal(events[0].data, 'text');
  assert.deepEqual(events[1].data, Buffer.from('binary'));
});

testInRoles('onclose gets code, reason and wasClean', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const closed = new Promise((resolve) => (subject.onclose = resolve));

  peer.close(3000, 'reason');

  const event = await closed;
  assert.equal(event.type, 'close');
  assert.equal(event.target, subject);
  assert.equal(event.code, 3000);
  assert.equal(event.reason, 'reason');
  assert.equal(event.wasClean, true);
});

testInRoles('a connection that was cut was not clean', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const closed = new Promise((resolve) => (subject.onclose = resolve));

  peer.terminate();

  const event = await closed;
  assert.equal(event.code, 1006);
  assert.equal(event.wasClean, false);
});

testInRoles('onerror gets error and message', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const failed = new Promise((resolve) => (subject.onerror = resolve));

  raw.send({ opcode: 3 });

  const event = await failed;
  assert.equal(event.type, 'error');
  assert.equal(event.target, subject);
  assert.equal(event.error.code, 'WS_ERR_INVALID_OPCODE');
  assert.equal(event.message, event.error.message);
});

test('onopen gets an event', async (t) => {
  const listener = await listenRaw(t);
  const client = new WebSocket(listener.url);
  t.after(() => client.terminate());
  const opened = new Promise((resolve) => (client.onopen = resolve));

  await listener.accept();

  const event = await opened;
  assert.equal(event.type, 'open');
  assert.equal(event.target, client);
});

testInRoles('an attribute holds one listener or null', async (t, role) => {
  const { subject } = await connect(t, role);
  const first = () => {};
  const second = () => {};

  for (const name of ['open', 'message', 'error', 'close']) {
    const attribute = `on${name}`;
    assert.equal(subject[attribute], null);
    const before = subject.listenerCount(name);
    subject[attribute] = first;
    assert.equal(subject[attribute], first);
    subject[attribute] = second;
    assert.equal(subject[attribute], second);
    assert.equal(subject.listenerCount(name), before + 1);
    subject[attribute] = 'not a function';
    assert.equal(subject[attribute], null);
    assert.equal(subject.listenerCount(name), before);
  }
});

testInRoles('an attribute leaves other listeners alone', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const seen = [];
  subject.on('message', () => seen.push('on'));
  subject.addEventListener('message', () => seen.push('addEventListener'));
  subject.onmessage = () => seen.push('replaced');
  subject.onmessage = () => seen.push('onmessage');

  peer.send('x');
  await eventOf(subject, 'message');

  assert.deepEqual(seen, ['on', 'addEventListener', 'onmessage']);
});

testInRoles('a listener is added once and can be removed', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  let calls = 0;
  const listener = () => calls++;
  const removed = () => assert.fail('was removed');
  subject.addEventListener('message', listener);
  subject.addEventListener('message', listener);
  subject.addEventListener('message', removed);
  subject.removeEventListener('message', removed);
  subject.removeEventListener('message', () => {});

  peer.send('x');
  await eventOf(subject, 'message');

  assert.equal(calls, 1);
});

testInRoles('once: true is called once', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  let calls = 0;
  subject.addEventListener('message', () => calls++, { once: true });

  peer.send('1');
  peer.send('2');
  peer.close();
  await eventOf(subject, 'close');

  assert.equal(calls, 1);
});

testInRoles('an object with handleEvent is a listener', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const handled = new Promise((resolve) => {
    const listener = {
      handleEvent(event) {
        resolve({ self: this === listener, data: event.data });
      },
    };
    subject.addEventListener('message', listener);
  });

  peer.send('to the object');

  assert.deepEqual(await handled, { self: true, data: 'to the object' });
});

testInRoles('an unknown type is ignored', async (t, role) => {
  const { subject } = await connect(t, role);

  subject.addEventListener('ping', () => {});
  subject.addEventListener('unknown', () => {});

  assert.equal(subject.listenerCount('ping'), 0);
  assert.equal(subject.listenerCount('unknown'), 0);
});

testInRoles("binaryType 'arraybuffer' shows in the event", async (t, role) => {
  const { subject, peer } = await connect(t, role);
  subject.binaryType = 'arraybuffer';
  const message = new Promise((resolve) => (subject.onmessage = resolve));

  peer.send(Buffer.from([1, 2, 3]));

  assert.deepEqual((await message).data, new Uint8Array([1, 2, 3]).buffer);
});

testInRoles(
  'listeners added in a listener see the next message of one write',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const seen = [];
    subject.once('message', (data) => {
      seen.push(`first ${data}`);
      subject.on('message', (later) => seen.push(`second ${later}`));
    });

    raw.send({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' });
    raw.close(1000);
    await eventOf(subject, 'close');

    assert.deepEqual(seen, ['first a', 'second b']);
  },
);

testInRoles(
  'ticks and microtasks of one listener run after all messages of one write',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const seen = [];
    subject.on('message', (data) => {
      seen.push(data.toString());
      process.nextTick(() => seen.push(`tick ${data}`));
    });

    raw.send({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' });
    raw.close(1000);
    await eventOf(subject, 'close');

    assert.deepEqual(seen, ['a', 'b', 'tick a', 'tick b']);
  },
);
