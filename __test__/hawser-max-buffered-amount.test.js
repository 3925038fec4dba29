'use strict';

// hawser only: `ws` buffers without a bound.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { inspect } = require('node:util');
const { connect, connectRaw, testInRoles } = require('./support/connections');
const { WebSocket, WebSocketServer } = require('./support/subject');
const { closeOf, eventOf, until } = require('./support/waiting');

const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;
/** So much that a system's own buffers take a part of it at most. */
const MUCH = 24 * MEGABYTE;

testInRoles(
  'what waits may reach maxBufferedAmount, and not a byte more',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { maxBufferedAmount: MUCH, perMessageDeflate: false },
    });
    raw.socket.pause();
    const told = [];
    const failures = [];
    subject.on('error', (error) => told.push(`error ${error.code}`));
    subject.on('close', (code) => told.push(`close ${code}`));
    subject.send(Buffer.alloc(MUCH - MEGABYTE), (error) =>
      failures.push(error?.code),
    );
    await settled(subject);

    // One frame that ends at the limit, and one that begins there.
    const overhead = role === 'client' ? 14 : 10;
    const room = MUCH - subject.bufferedAmount;
    subject.send(Buffer.alloc(room - overhead), (error) =>
      failures.push(error?.code),
    );
    assert.equal(subject.bufferedAmount, MUCH);
    assert.equal(subject.readyState, WebSocket.OPEN);
    const closed = closeOf(subject);
    let pings = 0;
    await until(() => {
      // The system may still take a little.
      if (subject.readyState === WebSocket.OPEN) {
        pings++;
        subject.ping('p'.repeat(125), undefined, (error) =>
          failures.push(error?.code),
        );
        assert.deepEqual(told, [], 'not within the call');
      }
      return told.length > 0;
    }, 'the pings do not count');

    assert.equal((await closed).code, 1006);
    assert.deepEqual(told, ['error WS_ERR_BUFFER_LIMIT', 'close 1006']);
    await until(() => failures.length === 2 + pings, 'callbacks are missing');
    // What Node had begun to write ends as Node sees fit.
    assert.equal(failures.at(-1), 'WS_ERR_BUFFER_LIMIT');
    raw.socket.resume();
    await raw.end();
    assert.equal(raw.closeFrame, undefined);
  },
);

testInRoles('a peer that reads is never near the limit', async (t, role) => {
  const { subject, peer } = await connect(t, role, {
    subject: { maxBufferedAmount: MEGABYTE },
  });
  let received = 0;
  peer.on('message', () => received++);

  for (let sent = 0; sent < 200; sent++) {
    await new Promise((resolve) => subject.send('x'.repeat(100_000), resolve));
  }

  await until(() => received === 200, 'messages are missing');
  assert.equal(subject.readyState, WebSocket.OPEN);
});

testInRoles(
  'a burst beyond the limit is no fault of a peer that reads',
  async (t, role) => {
    const { subject, peer } = await connect(t, role, {
      subject: { maxBufferedAmount: 100 * KILOBYTE },
    });
    let received = 0;
    peer.on('message', () => received++);
    subject.on('error', assert.ifError);

    subject.send(Buffer.alloc(2 * MEGABYTE));
    for (let sent = 0; sent < 30; sent++) subject.send(Buffer.alloc(10_000));

    await until(() => received === 31, 'messages are missing');
    assert.equal(subject.readyState, WebSocket.OPEN);
  },
);

testInRoles('automatic pongs count, too', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role, {
    subject: {
      maxBufferedAmount: MUCH,
      maxPendingAutoPongs: 0,
      perMessageDeflate: false,
    },
  });
  raw.socket.pause();
  const failed = eventOf(subject, 'error');
  const closed = closeOf(subject);
  subject.send(Buffer.alloc(MUCH - 64 * KILOBYTE));
  await settled(subject);
  const overhead = role === 'client' ? 14 : 10;
  const room = MUCH - subject.bufferedAmount - overhead;
  subject.send(Buffer.alloc(room));

  let told = false;
  subject.once('error', () => (told = true));
  await until(() => {
    // The system may still take a little.
    if (!told) raw.send({ opcode: 9, payload: 'p'.repeat(125) });
    return told;
  }, 'the pongs do not count');

  assert.equal((await failed)[0].code, 'WS_ERR_BUFFER_LIMIT');
  assert.equal((await closed).code, 1006);
});

testInRoles('a Blob counts while it is read', async (t, role) => {
  const { subject } = await connectRaw(t, role, {
    subject: { maxBufferedAmount: 1000, perMessageDeflate: false },
  });
  const failed = eventOf(subject, 'error');
  // One that is never read, as one in a file on a disk that hangs.
  const blob = new Blob([Buffer.alloc(1001)]);
  blob.arrayBuffer = () => new Promise(() => {});

  subject.send(blob);

  assert.equal((await failed)[0].code, 'WS_ERR_BUFFER_LIMIT');
});

testInRoles(
  'close() at the limit is no overflow: its timeout ends it',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: {
        closeTimeout: 50,
        maxBufferedAmount: MUCH,
        perMessageDeflate: false,
      },
    });
    raw.socket.pause();
    subject.send(Buffer.alloc(MUCH - MEGABYTE));
    await settled(subject);
    const overhead = role === 'client' ? 14 : 10;
    subject.send(Buffer.alloc(MUCH - subject.bufferedAmount - overhead));

    subject.close();

    assert.equal((await closeOf(subject)).code, 1006);
  },
);

for (const value of ['1mb', '1000', NaN, -1, 1.5, 2 ** 53, null, true, {}]) {
  const refusal = {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_VALUE',
    message: /^maxBufferedAmount must be a whole number, 0 or greater, or Inf/,
  };

  test(`maxBufferedAmount: ${inspect(value)} is refused`, () => {
    const options = { maxBufferedAmount: value };

    assert.throws(() => new WebSocket('ws://127.0.0.1:1', options), refusal);
    assert.throws(
      () => new WebSocketServer({ noServer: true, ...options }),
      refusal,
    );
    assert.throws(() => new WebSocketServer({ port: 0, ...options }), refusal);
  });
}

for (const value of [undefined, 0, Infinity, Number.MAX_SAFE_INTEGER]) {
  testInRoles(`maxBufferedAmount: ${value} lets much wait`, async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { maxBufferedAmount: value, perMessageDeflate: false },
    });
    raw.socket.pause();
    subject.on('error', assert.ifError);

    subject.send(Buffer.alloc(MUCH));
    await settled(subject);

    assert.ok(subject.bufferedAmount > 0);
    assert.equal(subject.readyState, WebSocket.OPEN);
  });
}

/** Waits until the system takes no more. */
async function settled(subject) {
  let amount = -1;
  let turnsWithoutChange = 0;
  await until(() => {
    turnsWithoutChange =
      amount === subject.bufferedAmount ? turnsWithoutChange + 1 : 0;
    amount = subject.bufferedAmount;
    return turnsWithoutChange === 500;
  }, 'the amount does not settle');
}
