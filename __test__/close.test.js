'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const {
  Peer,
  connect,
  connectRaw,
  testInRoles,
} = require('./support/connections');
const { OPCODE, closePayload } = require('./support/frames');
const { connectRawClient } = require('./support/raw-peer');
const { WebSocket, WebSocketServer } = require('./support/subject');
const { closeOf, eventOf, within } = require('./support/waiting');

const ROLES = ['server', 'client', 'both'];

testInRoles(
  'close() gives both ends its code and reason',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const closed = Promise.all([closeOf(subject), closeOf(peer)]);

    subject.close(3001, 'gute Nacht, schön');

    assert.equal(subject.readyState, WebSocket.CLOSING);
    const expected = { code: 3001, reason: 'gute Nacht, schön' };
    assert.deepEqual(await closed, [expected, expected]);
    assert.equal(subject.readyState, WebSocket.CLOSED);
  },
  ROLES,
);

testInRoles(
  'close() of the other end gives both ends its code and reason',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const closed = Promise.all([closeOf(subject), closeOf(peer)]);

    peer.close(1000, 'done');

    const expected = { code: 1000, reason: 'done' };
    assert.deepEqual(await closed, [expected, expected]);
  },
  ROLES,
);

testInRoles('both ends may close at once', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const closed = Promise.all([closeOf(subject), closeOf(peer)]);

  subject.close(3002);
  peer.close(3003);

  assert.deepEqual(await closed, [
    { code: 3003, reason: '' },
    { code: 3002, reason: '' },
  ]);
});

testInRoles(
  'close() without a code is a 1005 for both ends',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const closed = Promise.all([closeOf(subject), closeOf(peer)]);

    subject.close();

    const expected = { code: 1005, reason: '' };
    assert.deepEqual(await closed, [expected, expected]);
  },
);

testInRoles(
  'a close frame is answered with the same payload',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const closed = closeOf(subject);

    raw.close(4321, 'why');

    assert.deepEqual(await closed, { code: 4321, reason: 'why' });
    await raw.end();
    assert.deepEqual(raw.closeFrame.payload, closePayload(4321, 'why'));
  },
);

testInRoles(
  'an empty close frame is answered with an empty one',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const closed = closeOf(subject);

    raw.close();

    assert.deepEqual(await closed, { code: 1005, reason: '' });
    await raw.end();
    assert.equal(raw.closeFrame.payload.length, 0);
  },
);

for (const code of [1000, 1001, 1002, 1003, 1007, 1014, 3000, 4999]) {
  testInRoles(`${code} can be sent and received`, async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const closed = Promise.all([closeOf(subject), closeOf(peer)]);

    subject.close(code);

    const expected = { code, reason: '' };
    assert.deepEqual(await closed, [expected, expected]);
  });
}

testInRoles(
  'a code nobody may send throws and closes nothing',
  async (t, role) => {
    const { subject } = await connect(t, role);
    const codes = [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, -1, NaN];

    for (const code of [...codes, '1000', null, {}, 1000n]) {
      assert.throws(() => subject.close(code), {
        name: 'TypeError',
        message: 'First argument must be a valid error code number',
      });
    }

    assert.equal(subject.readyState, WebSocket.OPEN);
  },
);

testInRoles('a reason of 123 bytes fits and 124 do not', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const closed = closeOf(peer);

  for (const reason of ['x'.repeat(124), 'ü'.repeat(62)]) {
    assert.throws(() => subject.close(1000, reason), {
      name: 'RangeError',
      message: 'The message must not be greater than 123 bytes',
    });
  }
  subject.close(1000, `${'ü'.repeat(61)}x`);

  assert.equal((await closed).reason, `${'ü'.repeat(61)}x`);
});

testInRoles('a reason is a string or a Uint8Array', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const closed = closeOf(peer);

  assert.throws(() => subject.close(1000, new Uint16Array(2)), {
    name: 'TypeError',
    message: 'Second argument must be a string or a Uint8Array',
  });
  subject.close(1000, new Uint8Array(Buffer.from('bytes')));

  assert.deepEqual(await closed, { code: 1000, reason: 'bytes' });
});

testInRoles('the close event has a Buffer for the reason', async (t, role) => {
  const { subject, peer } = await connect(t, role);

  peer.close(1000, 'a reason');

  const [, reason] = await eventOf(subject, 'close');
  assert.ok(Buffer.isBuffer(reason));
});

testInRoles(
  'messages sent before close() are delivered before it',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const events = [];
    peer.on('message', (data) => events.push(data.length));
    peer.on('close', (code) => events.push(code));

    for (let i = 0; i < 100; i++) subject.send(Buffer.alloc(i * 1000));
    subject.close(1000);

    await eventOf(peer, 'close');
    assert.deepEqual(events, [
      ...Array.from({ length: 100 }, (_, i) => i * 1000),
      1000,
    ]);
  },
);

testInRoles(
  'a message is still delivered until the close frame comes',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const events = [];
    subject.on('message', (data) => events.push(data.toString()));
    subject.on('ping', () => events.push('ping'));
    subject.on('close', (code) => events.push(code));

    subject.close(1000);
    await raw.firstFrames(1);
    raw.text('under way');
    raw.send({ opcode: OPCODE.PING });
    raw.close(1001);

    await eventOf(subject, 'close');
    await raw.end();
    assert.deepEqual(events, ['under way', 'ping', 1001]);
    assert.equal(raw.frames.length, 1, 'a ping is not answered after close()');
  },
);

testInRoles('nothing is delivered after a close frame', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  subject.on('message', () => assert.fail('a message after the close frame'));
  subject.on('ping', () => assert.fail('a ping after the close frame'));
  const closed = closeOf(subject);

  raw.send(
    { opcode: OPCODE.CLOSE, payload: closePayload(1000) },
    { opcode: OPCODE.TEXT, payload: 'too late' },
    { opcode: OPCODE.PING },
    { opcode: 0xf, payload: 'not even an error' },
  );

  assert.equal((await closed).code, 1000);
});

testInRoles('an error comes before the close it causes', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const order = [];
  subject.on('error', (error) => {
    order.push(error.code, subject.readyState);
  });
  subject.on('close', (code) => order.push(code));

  raw.send({ opcode: 3 });

  await eventOf(subject, 'close');
  assert.deepEqual(order, ['WS_ERR_INVALID_OPCODE', WebSocket.CLOSING, 1006]);
});

testInRoles('a second close() changes nothing', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  let closes = 0;
  subject.on('close', () => closes++);
  const closed = closeOf(peer);

  subject.close(3000, 'first');
  subject.close(3001, 'second');

  assert.deepEqual(await closed, { code: 3000, reason: 'first' });
  if (subject.readyState !== WebSocket.CLOSED) await eventOf(subject, 'close');
  subject.close(3002);
  assert.equal(closes, 1);
});

testInRoles(
  'close() in a message listener lets the rest of the write through',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const received = [];
    subject.on('message', (data) => {
      received.push(data.toString());
      subject.close(1000, 'first is enough');
    });
    const closed = closeOf(subject);

    raw.send(
      { opcode: OPCODE.TEXT, payload: '1' },
      { opcode: OPCODE.TEXT, payload: '2' },
      { opcode: OPCODE.TEXT, payload: '3' },
    );
    await raw.firstFrames(1);
    raw.close(1000, 'first is enough');

    await closed;
    assert.equal(raw.closeCode, 1000);
    assert.deepEqual(received, ['1', '2', '3']);
  },
);

testInRoles('a reason that is kept does not change', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const closed = eventOf(subject, 'close');

  raw.close(1000, 'x'.repeat(123));

  const [, reason] = await closed;
  const { subject: another, raw: anotherRaw } = await connectRaw(t, role);
  anotherRaw.text('y'.repeat(5000));
  await eventOf(another, 'message');
  assert.equal(reason.toString(), 'x'.repeat(123));
});

test('an http server counts its WebSockets and waits for them', async (t) => {
  const server = http.createServer();
  const wss = new WebSocketServer({ server });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const clients = [];
  for (let i = 0; i < 3; i++) {
    const accepted = eventOf(wss, 'connection');
    clients.push(new Peer(`ws://127.0.0.1:${port}`));
    t.after(() => clients[i].terminate());
    await Promise.all([accepted, eventOf(clients[i], 'open')]);
  }
  const count = () =>
    new Promise((resolve, reject) => {
      server.getConnections((error, n) => (error ? reject(error) : resolve(n)));
    });
  assert.equal(await count(), 3);

  let isClosed = false;
  const closed = new Promise((resolve) => {
    server.close(() => {
      isClosed = true;
      resolve();
    });
  });
  for (const [i, client] of clients.entries()) {
    assert.equal(isClosed, false);
    const [serverSide] = wss.clients;
    const gone = eventOf(serverSide, 'close');
    if (i === 0) client.terminate();
    serverSide.close();
    await gone;
  }

  await within(closed, 'the http server did not close');
  wss.close();
});

test('a connection from a raw client closes on both sides of TCP', async (t) => {
  const server = http.createServer();
  const wss = new WebSocketServer({ server });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = eventOf(wss, 'connection');
  const raw = await connectRawClient(t, server.address().port);
  const [subject] = await accepted;

  subject.close(1001);
  await raw.firstFrames(1);
  raw.close(1001);

  await Promise.all([raw.end(), eventOf(subject, 'close')]);
  await within(
    new Promise((resolve) => server.close(resolve)),
    'the http server did not close',
  );
  wss.close();
});
