'use strict';

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const zlib = require('node:zlib');
const { connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { closeOf, eventOf, messagesOf } = require('./support/waiting');

const EXTENSION = 'Sec-WebSocket-Extensions: permessage-deflate';
const TEXT = 'the quick brown fox jumps over the lazy dog; '.repeat(200);

testInRoles(
  'fragments of a compressed message are received',
  async (t, role) => {
    const { subject, raw } = await connectWithDeflate(t, role);
    const compressed = deflate(TEXT);
    const received = messagesOf(subject, 2);

    raw.send(
      {
        opcode: OPCODE.TEXT,
        rsv1: true,
        fin: false,
        payload: compressed.subarray(0, 5),
      },
      { opcode: OPCODE.PING },
      { opcode: OPCODE.CONTINUATION, fin: false },
      { opcode: OPCODE.CONTINUATION, payload: compressed.subarray(5) },
      { opcode: OPCODE.TEXT, payload: 'not compressed' },
    );

    const [first, second] = await received;
    assert.equal(first.data.toString(), TEXT);
    assert.equal(second.data.toString(), 'not compressed');
  },
);

testInRoles('blocks of any kind are inflated', async (t, role) => {
  const { subject, raw } = await connectWithDeflate(t, role);
  const noise = randomBytes(500).toString('hex');
  const payloads = [
    deflate('stored', { level: 0 }),
    deflate('fixed tables', { strategy: zlib.constants.Z_FIXED }),
    deflate(noise, { level: 9 }),
    Buffer.concat([deflate('two '), TRAILER, deflate('blocks')]),
    Buffer.from([0x00]),
    Buffer.from([0x02, 0x00]),
  ];
  const received = messagesOf(subject, payloads.length);

  for (const payload of payloads) {
    raw.send({ opcode: OPCODE.TEXT, rsv1: true, payload });
  }

  assert.deepEqual(
    (await received).map(({ data }) => data.toString()),
    ['stored', 'fixed tables', noise, 'two blocks', '', ''],
  );
});

testInRoles('a message may end with a final block', async (t, role) => {
  const { subject, raw } = await connectWithDeflate(t, role);
  const received = messagesOf(subject, 3);
  const final = zlib.deflateRawSync(TEXT);

  for (const payload of [final, final, deflate('and on')]) {
    raw.send({ opcode: OPCODE.TEXT, rsv1: true, payload });
  }

  assert.deepEqual(
    (await received).map(({ data }) => data.toString()),
    [TEXT, TEXT, 'and on'],
  );
});

testInRoles(
  'an inflated message of exactly maxPayload passes',
  async (t, role) => {
    const { subject, raw } = await connectWithDeflate(
      t,
      role,
      true,
      EXTENSION,
      {
        maxPayload: 50_000,
      },
    );
    const message = eventOf(subject, 'message');

    raw.send({
      opcode: OPCODE.BINARY,
      rsv1: true,
      payload: deflate(Buffer.alloc(50_000)),
    });

    assert.equal((await message)[0].length, 50_000);
  },
);

for (const [what, size] of [
  ['one byte more than maxPayload', 50_001],
  ['a bomb', 50 * 1024 * 1024],
]) {
  testInRoles(`inflating stops at ${what}`, async (t, role) => {
    const { subject, raw } = await connectWithDeflate(
      t,
      role,
      true,
      EXTENSION,
      {
        maxPayload: 50_000,
      },
    );
    const failed = eventOf(subject, 'error');
    const payload = deflate(Buffer.alloc(size), { level: 9 });

    raw.send({ opcode: OPCODE.BINARY, rsv1: true, payload });

    const [error] = await failed;
    assert.equal(error.name, 'RangeError');
    assert.equal(error.code, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
    assert.equal(error.message, 'Max payload size exceeded');
    await raw.end();
    assert.equal(raw.closeCode, 1009);
  });
}

testInRoles(
  'compressed fragments may not exceed maxPayload together',
  async (t, role) => {
    const { subject, raw } = await connectWithDeflate(
      t,
      role,
      true,
      EXTENSION,
      {
        maxPayload: 1000,
      },
    );
    const failed = eventOf(subject, 'error');

    raw.send(
      {
        opcode: OPCODE.TEXT,
        rsv1: true,
        fin: false,
        payload: Buffer.concat([deflate('x'.repeat(600)), TRAILER]),
      },
      { opcode: OPCODE.CONTINUATION, payload: deflate('y'.repeat(600)) },
    );

    assert.equal((await failed)[0].code, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
    await raw.end();
    assert.equal(raw.closeCode, 1009);
  },
);

testInRoles('what is not deflate is an error', async (t, role) => {
  const { subject, raw } = await connectWithDeflate(t, role);
  const failed = eventOf(subject, 'error');
  const closed = closeOf(subject);

  raw.send({
    opcode: OPCODE.TEXT,
    rsv1: true,
    payload: Buffer.from([0xff, 0xff]),
  });

  const [error] = await failed;
  assert.ok(error instanceof Error);
  assert.equal(error.code, 'Z_DATA_ERROR');
  assert.equal(error.errno, zlib.constants.Z_DATA_ERROR);
  assert.equal(error.message, 'invalid block type');
  assert.equal((await closed).code, 1006);
  await raw.end();
  assert.equal(raw.closeCode, 1007);
});

testInRoles('inflated text is checked too', async (t, role) => {
  const { subject, raw } = await connectWithDeflate(t, role);
  const failed = eventOf(subject, 'error');

  raw.send({
    opcode: OPCODE.TEXT,
    rsv1: true,
    payload: deflate(Buffer.from([0x61, 0xff])),
  });

  assert.equal((await failed)[0].code, 'WS_ERR_INVALID_UTF8');
  await raw.end();
  assert.equal(raw.closeCode, 1007);
});

const TRAILER = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** The payload of a compressed message, as RFC 7692 (7.2.1) makes it. */
function deflate(data, options) {
  const compressed = zlib.deflateRawSync(data, {
    ...options,
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
  });
  return compressed.subarray(0, -TRAILER.length);
}

/** Connects with a raw peer that offers or accepts compression. */
async function connectWithDeflate(
  t,
  role,
  perMessageDeflate = true,
  header = EXTENSION,
  options = {},
) {
  return connectRaw(t, role, {
    subject: { perMessageDeflate, ...options },
    headers: [header],
  });
}
