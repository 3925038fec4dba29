'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { connect, connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { listenRaw } = require('./support/raw-peer');
const { WebSocket } = require('./support/subject');
const { eventOf, messagesOf } = require('./support/waiting');

const CONTENT = Buffer.from('some bytes');

testInRoles("the binary type is 'nodebuffer' at first", async (t, role) => {
  const { subject, peer } = await connect(t, role);

  peer.send(CONTENT);

  const [{ data }] = await messagesOf(subject, 1);
  assert.equal(subject.binaryType, 'nodebuffer');
  assert.ok(Buffer.isBuffer(data));
  assert.deepEqual(data, CONTENT);
});

testInRoles(
  "'arraybuffer' gives an ArrayBuffer of the exact length",
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    subject.binaryType = 'arraybuffer';

    peer.send(CONTENT);
    peer.send(Buffer.alloc(0));
    peer.send(Buffer.alloc(100_000, 7));

    const [small, empty, large] = await messagesOf(subject, 3);
    assert.ok(small.data instanceof ArrayBuffer);
    assert.deepEqual(Buffer.from(small.data), CONTENT);
    assert.ok(empty.data instanceof ArrayBuffer);
    assert.equal(empty.data.byteLength, 0);
    assert.deepEqual(Buffer.from(large.data), Buffer.alloc(100_000, 7));
  },
);

testInRoles("'blob' gives a Blob", async (t, role) => {
  const { subject, peer } = await connect(t, role);
  subject.binaryType = 'blob';

  peer.send(CONTENT);

  const [{ data, isBinary }] = await messagesOf(subject, 1);
  assert.equal(isBinary, true);
  assert.ok(data instanceof Blob);
  assert.equal(data.size, CONTENT.length);
  assert.deepEqual(Buffer.from(await data.arrayBuffer()), CONTENT);
});

testInRoles("'fragments' gives an array of Buffers", async (t, role) => {
  const { subject, peer } = await connect(t, role);
  subject.binaryType = 'fragments';

  peer.send('some ', { binary: true, fin: false });
  peer.send('bytes', { binary: true });

  const [{ data }] = await messagesOf(subject, 1);
  assert.ok(Array.isArray(data));
  assert.deepEqual(Buffer.concat(data), CONTENT);
});

for (const binaryType of ['nodebuffer', 'arraybuffer', 'fragments', 'blob']) {
  testInRoles(`text is a Buffer with '${binaryType}'`, async (t, role) => {
    const { subject, peer } = await connect(t, role);
    subject.binaryType = binaryType;

    peer.send('text');

    const [{ data, isBinary }] = await messagesOf(subject, 1);
    assert.equal(isBinary, false);
    assert.ok(Buffer.isBuffer(data));
    assert.equal(data.toString(), 'text');
  });
}

testInRoles(
  'a change applies to the next message, even of one write',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const types = ['arraybuffer', 'fragments', 'blob', 'nodebuffer'];
    const received = [];
    const all = new Promise((resolve) => {
      subject.on('message', (data) => {
        received.push(data);
        if (types.length > 0) subject.binaryType = types.shift();
        else resolve();
      });
    });

    const frame = { opcode: OPCODE.BINARY, payload: CONTENT };
    raw.send(frame, frame, frame, frame, frame);

    await all;
    const [first, second, third, fourth, fifth] = received;
    assert.ok(Buffer.isBuffer(first));
    assert.ok(second instanceof ArrayBuffer);
    assert.ok(Array.isArray(third));
    assert.ok(fourth instanceof Blob);
    assert.ok(Buffer.isBuffer(fifth));
  },
);

testInRoles('an unknown type is ignored', async (t, role) => {
  const { subject } = await connect(t, role);
  subject.binaryType = 'arraybuffer';

  subject.binaryType = 'typedarray';

  assert.equal(subject.binaryType, 'arraybuffer');
});

test('a client can choose before the connection is open', async (t) => {
  const frame = Buffer.from([0x82, 2, 1, 2]);
  const listener = await listenRaw(t, { firstBytes: frame });
  const client = new WebSocket(listener.url);
  t.after(() => client.terminate());
  client.binaryType = 'arraybuffer';

  const [[data]] = await Promise.all([
    eventOf(client, 'message'),
    listener.accept(),
  ]);

  assert.deepEqual(data, new Uint8Array([1, 2]).buffer);
});
