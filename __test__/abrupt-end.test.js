'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { connect, connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { listenRaw } = require('./support/raw-peer');
const { WebSocket } = require('./support/subject');
const { closeOf, eventOf } = require('./support/waiting');

const ROLES = ['server', 'client', 'both'];

testInRoles('an end without a close frame is a 1006', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const closed = closeOf(subject);

  raw.socket.end();

  assert.deepEqual(await closed, { code: 1006, reason: '' });
});

testInRoles('a reset connection is a 1006 and no error', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const closed = closeOf(subject);

  raw.socket.resetAndDestroy();

  assert.deepEqual(await closed, { code: 1006, reason: '' });
});

testInRoles('an end in the middle of a frame is a 1006', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  subject.on('message', () => assert.fail('half a message'));
  const closed = closeOf(subject);

  const frame = raw.build({ opcode: OPCODE.TEXT, payload: 'incomplete' });
  raw.socket.end(frame.subarray(0, -1));

  assert.deepEqual(await closed, { code: 1006, reason: '' });
});

testInRoles(
  'terminate() is a 1006 for both ends',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const closed = Promise.all([closeOf(subject), closeOf(peer)]);

    subject.terminate();
    subject.terminate();

    assert.equal(subject.readyState, WebSocket.CLOSING);
    const expected = { code: 1006, reason: '' };
    assert.deepEqual(await closed, [expected, expected]);
    subject.terminate();
    assert.equal(subject.readyState, WebSocket.CLOSED);
  },
  ROLES,
);

testInRoles('terminate() may follow close()', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const closed = closeOf(subject);

  subject.close(1000);
  subject.terminate();

  assert.equal((await closed).code, 1006);
  await raw.end();
});

for (const method of ['close', 'terminate']) {
  test(`${method}() of a client that is connecting is an error and a 1006`, async (t) => {
    const listener = await listenRaw(t);
    const client = new WebSocket(listener.url);
    const order = [];
    client.on('error', (error) => order.push(error.message));
    client.on('close', (code) => order.push(code));

    client[method]();

    assert.equal(client.readyState, WebSocket.CLOSING);
    assert.deepEqual(order, []);
    await eventOf(client, 'close');
    assert.equal(client.readyState, WebSocket.CLOSED);
    assert.deepEqual(order, [
      'WebSocket was closed before the connection was established',
      1006,
    ]);
  });
}

testInRoles(
  'closeTimeout ends a connection whose peer does not answer',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { closeTimeout: 60 },
    });
    const started = performance.now();
    const closed = closeOf(subject);

    subject.close(1000);

    assert.equal((await closed).code, 1006);
    assert.ok(performance.now() - started > 50);
    await raw.end();
  },
);

testInRoles(
  'closeTimeout also ends one whose peer answers but stays',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { closeTimeout: 500 },
    });
    raw.socket.allowHalfOpen = true;
    const closed = closeOf(subject);

    subject.close(1000, 'bye');
    await raw.firstFrames(1);
    raw.close(1000, 'bye');

    assert.deepEqual(await closed, { code: 1000, reason: 'bye' });
  },
);

testInRoles(
  'terminate() in a message listener lets the rest of the write through',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const received = [];
    subject.on('message', (data) => {
      received.push(data.toString());
      subject.terminate();
    });
    const closed = closeOf(subject);

    raw.send(
      { opcode: OPCODE.TEXT, payload: '1' },
      { opcode: OPCODE.TEXT, payload: '2' },
    );

    assert.equal((await closed).code, 1006);
    assert.deepEqual(received, ['1', '2']);
  },
);
