'use strict';

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { connect, testInRoles } = require('./support/connections');
const { messagesOf } = require('./support/waiting');

const ROLES = ['server', 'client', 'both'];
const SIZES = [0, 1, 125, 126, 65535, 65536, 1024 * 1024, 5 * 1024 * 1024];

for (const size of SIZES) {
  testInRoles(
    `${size} bytes come back as they were sent`,
    async (t, role) => {
      const { peer } = await connectWithEcho(t, role);
      const sent = randomBytes(size);

      peer.send(sent);

      const [{ data, isBinary }] = await messagesOf(peer, 1);
      assert.equal(isBinary, true);
      assert.ok(Buffer.isBuffer(data));
      assert.ok(data.equals(sent));
    },
    ROLES,
  );

  testInRoles(
    `${size} characters come back as text`,
    async (t, role) => {
      const { peer } = await connectWithEcho(t, role);
      const sent = 'hawser '.repeat(size / 7 + 1).slice(0, size);

      peer.send(sent);

      const [{ data, isBinary }] = await messagesOf(peer, 1);
      assert.equal(isBinary, false);
      assert.ok(data.toString() === sent);
    },
    ROLES,
  );
}

testInRoles('characters of every width survive', async (t, role) => {
  const { peer } = await connectWithEcho(t, role);
  const sent = 'a\u0000\u007fé\u07ffࠀ€\ufffd\uffff😀\u{10ffff}'.repeat(3000);

  peer.send(sent);

  const [{ data }] = await messagesOf(peer, 1);
  assert.ok(data.toString() === sent);
});

testInRoles('an unpaired surrogate is replaced', async (t, role) => {
  const { subject, peer } = await connect(t, role);

  subject.send('a\ud800b');

  const [{ data }] = await messagesOf(peer, 1);
  assert.equal(data.toString(), 'a\ufffdb');
});

testInRoles(
  'a burst of 1,000 messages keeps its order',
  async (t, role) => {
    const { peer } = await connectWithEcho(t, role);
    const sent = Array.from({ length: 1000 }, (_, i) => `message ${i}`);

    for (const message of sent) peer.send(message);

    const received = await messagesOf(peer, sent.length);
    assert.deepEqual(
      received.map(({ data }) => data.toString()),
      sent,
    );
  },
  ROLES,
);

testInRoles(
  'sizes on both sides of every limit keep their order',
  async (t, role) => {
    const { peer } = await connectWithEcho(t, role);
    const sizes = [0, 124, 127, 4096, 8191, 8193, 16383, 16385, 32767, 32769];
    const sent = [...sizes, 65534, 65537, 262145, ...sizes].map((size) =>
      randomBytes(size),
    );

    for (const message of sent) peer.send(message);

    const received = await messagesOf(peer, sent.length);
    received.forEach(({ data }, i) => assert.ok(data.equals(sent[i]), `${i}`));
  },
);

testInRoles('a kept message does not change afterwards', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const sent = Array.from({ length: 500 }, () => randomBytes(700));

  for (const message of sent) peer.send(message);

  const received = await messagesOf(subject, sent.length);
  received.forEach(({ data }, i) => assert.ok(data.equals(sent[i]), `${i}`));
});

/** Connects, with the implementation under test answering what it gets. */
async function connectWithEcho(t, role) {
  const connection = await connect(t, role);
  const { subject } = connection;
  subject.on('message', (data, isBinary) => {
    subject.send(data, { binary: isBinary });
  });
  return connection;
}
