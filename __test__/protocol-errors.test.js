'use strict';

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');
const { OPCODE, closePayload } = require('./support/frames');
const { closeOf, eventOf } = require('./support/waiting');

const INVALID_UTF8 = [
  ['a lone continuation byte', [0x80]],
  ['an overlong form', [0xc0, 0xaf]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['a code point past the last', [0xf4, 0x90, 0x80, 0x80]],
  ['an incomplete character', [0x61, 0xe2, 0x82]],
  ['a bad byte behind 1,000 good ones', [...Array(1000).fill(0x61), 0xff]],
];

const TEXT = { opcode: OPCODE.TEXT, payload: 'text' };
const START = { opcode: OPCODE.TEXT, payload: 'start', fin: false };
const MORE = { opcode: OPCODE.CONTINUATION, payload: 'more', fin: false };

const CASES = [
  {
    title: 'RSV2',
    frames: [{ ...TEXT, rsv2: true }],
    code: 'WS_ERR_UNEXPECTED_RSV_2_3',
    message: 'Invalid WebSocket frame: RSV2 and RSV3 must be clear',
  },
  {
    title: 'RSV3',
    frames: [{ ...TEXT, rsv3: true }],
    code: 'WS_ERR_UNEXPECTED_RSV_2_3',
    message: 'Invalid WebSocket frame: RSV2 and RSV3 must be clear',
  },
  {
    title: 'RSV2 of a control frame',
    frames: [{ opcode: OPCODE.PING, rsv2: true }],
    code: 'WS_ERR_UNEXPECTED_RSV_2_3',
    message: 'Invalid WebSocket frame: RSV2 and RSV3 must be clear',
  },
  {
    title: 'RSV1 without an extension',
    frames: [{ ...TEXT, rsv1: true }],
    code: 'WS_ERR_UNEXPECTED_RSV_1',
    message: 'Invalid WebSocket frame: RSV1 must be clear',
  },
  {
    title: 'a continuation of nothing',
    frames: [{ opcode: OPCODE.CONTINUATION, payload: 'x' }],
    code: 'WS_ERR_INVALID_OPCODE',
    message: 'Invalid WebSocket frame: invalid opcode 0',
  },
  {
    title: 'a continuation of a message that is complete',
    frames: [TEXT, { opcode: OPCODE.CONTINUATION, payload: 'x' }],
    code: 'WS_ERR_INVALID_OPCODE',
    message: 'Invalid WebSocket frame: invalid opcode 0',
    messages: ['text'],
  },
  {
    title: 'text within a fragmented message',
    frames: [START, TEXT],
    code: 'WS_ERR_INVALID_OPCODE',
    message: 'Invalid WebSocket frame: invalid opcode 1',
  },
  {
    title: 'binary within a fragmented message',
    frames: [START, MORE, { opcode: OPCODE.BINARY }],
    code: 'WS_ERR_INVALID_OPCODE',
    message: 'Invalid WebSocket frame: invalid opcode 2',
  },
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => ({
    title: `the reserved opcode ${opcode}`,
    frames: [{ opcode, payload: 'x' }],
    code: 'WS_ERR_INVALID_OPCODE',
    message: `Invalid WebSocket frame: invalid opcode ${opcode}`,
  })),
  ...['CLOSE', 'PING', 'PONG'].map((name) => ({
    title: `a fragmented ${name.toLowerCase()}`,
    frames: [{ opcode: OPCODE[name], fin: false }],
    code: 'WS_ERR_EXPECTED_FIN',
    message: 'Invalid WebSocket frame: FIN must be set',
  })),
  {
    title: 'a ping of 126 bytes',
    frames: [{ opcode: OPCODE.PING, payload: 'x'.repeat(126) }],
    code: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    message: 'Invalid WebSocket frame: invalid payload length 126',
  },
  {
    title: 'a pong of 65,536 bytes',
    frames: [{ opcode: OPCODE.PONG, payload: 'x'.repeat(65536) }],
    code: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    message: 'Invalid WebSocket frame: invalid payload length 127',
  },
  {
    title: 'a close frame of 1 byte',
    frames: [{ opcode: OPCODE.CLOSE, payload: 'x' }],
    code: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    message: 'Invalid WebSocket frame: invalid payload length 1',
  },
  {
    title: 'a length past 2^53 - 1',
    frames: [{ opcode: OPCODE.BINARY, length: 2n ** 53n, lengthBits: 64 }],
    code: 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
    message: 'Unsupported WebSocket frame: payload length > 2^53 - 1',
    closeCode: 1009,
  },
  {
    title: 'a length past the default maxPayload',
    frames: [{ opcode: OPCODE.BINARY, length: 100 * 1024 * 1024 + 1 }],
    code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    message: 'Max payload size exceeded',
    closeCode: 1009,
  },
  {
    title: 'a length past maxPayload',
    options: { maxPayload: 10 },
    frames: [{ opcode: OPCODE.BINARY, payload: 'x'.repeat(11) }],
    code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    message: 'Max payload size exceeded',
    closeCode: 1009,
  },
  {
    title: 'fragments that exceed maxPayload together',
    options: { maxPayload: 9 },
    frames: [START, MORE, { opcode: OPCODE.CONTINUATION, payload: 'x' }],
    code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    message: 'Max payload size exceeded',
    closeCode: 1009,
  },
  {
    title: 'more fragments than maxFragments',
    options: { maxFragments: 2 },
    frames: [START, MORE, { opcode: OPCODE.CONTINUATION, payload: 'x' }],
    code: 'WS_ERR_TOO_MANY_BUFFERED_PARTS',
    message: 'Too many message fragments',
    closeCode: 1008,
  },
  {
    title: 'more empty fragments than maxFragments',
    options: { maxFragments: 2 },
    frames: [START, { opcode: 0, fin: false }, { opcode: 0, fin: false }],
    code: 'WS_ERR_TOO_MANY_BUFFERED_PARTS',
    message: 'Too many message fragments',
    closeCode: 1008,
  },
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map((code) => ({
    title: `the close code ${code}`,
    frames: [{ opcode: OPCODE.CLOSE, payload: closePayload(code) }],
    code: 'WS_ERR_INVALID_CLOSE_CODE',
    message: `Invalid WebSocket frame: invalid status code ${code}`,
  })),
  ...INVALID_UTF8.map(([what, bytes]) => ({
    title: `${what} in a text`,
    frames: [{ opcode: OPCODE.TEXT, payload: Buffer.from(bytes) }],
    code: 'WS_ERR_INVALID_UTF8',
    message: 'Invalid WebSocket frame: invalid UTF-8 sequence',
    name: 'Error',
    closeCode: 1007,
  })),
  {
    title: 'a character cut by the end of a fragmented text',
    frames: [
      { opcode: OPCODE.TEXT, payload: Buffer.from([0xe2]), fin: false },
      { opcode: OPCODE.CONTINUATION, payload: Buffer.from([0x82]) },
    ],
    code: 'WS_ERR_INVALID_UTF8',
    message: 'Invalid WebSocket frame: invalid UTF-8 sequence',
    name: 'Error',
    closeCode: 1007,
  },
  {
    title: 'invalid UTF-8 in the reason of a close frame',
    frames: [
      {
        opcode: OPCODE.CLOSE,
        payload: closePayload(1000, Buffer.from([0x61, 0xff])),
      },
    ],
    code: 'WS_ERR_INVALID_UTF8',
    message: 'Invalid WebSocket frame: invalid UTF-8 sequence',
    name: 'Error',
    closeCode: 1007,
  },
];

for (const expected of CASES) {
  testInRoles(`${expected.title} is an error`, async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: expected.options,
    });
    const received = [];
    subject.on('message', (data) => received.push(data.toString()));
    const failed = eventOf(subject, 'error');
    const closed = closeOf(subject);

    raw.send(...expected.frames);

    const [error] = await failed;
    assert.equal(error.code, expected.code);
    assert.equal(error.message, expected.message);
    assert.equal(error.name, expected.name ?? 'RangeError');
    assert.deepEqual(await closed, { code: 1006, reason: '' });
    await raw.end();
    assert.equal(raw.frames.length, 1);
    assert.deepEqual(
      raw.closeFrame.payload,
      closePayload(expected.closeCode ?? 1002),
    );
    assert.deepEqual(received, expected.messages ?? []);
  });
}

testInRoles(
  'a frame that is not masked by the rule of the role is an error',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const failed = eventOf(subject, 'error');

    raw.send({ ...TEXT, mask: role === 'client' });

    const [error] = await failed;
    assert.equal(error.name, 'RangeError');
    if (role === 'server') {
      assert.equal(error.code, 'WS_ERR_EXPECTED_MASK');
      assert.equal(error.message, 'Invalid WebSocket frame: MASK must be set');
    } else {
      assert.equal(error.code, 'WS_ERR_UNEXPECTED_MASK');
      assert.equal(
        error.message,
        'Invalid WebSocket frame: MASK must be clear',
      );
    }
    await raw.end();
    assert.equal(raw.closeCode, 1002);
  },
);

for (const [what, frame] of [
  ['a continuation', { opcode: OPCODE.CONTINUATION, rsv1: true }],
  ['a ping', { opcode: OPCODE.PING, rsv1: true }],
]) {
  testInRoles(
    `RSV1 of ${what} is an error with compression too`,
    async (t, role) => {
      const { subject, raw } = await connectRaw(t, role, {
        subject: { perMessageDeflate: true },
        headers: ['Sec-WebSocket-Extensions: permessage-deflate'],
      });
      const failed = eventOf(subject, 'error');

      raw.send(START, frame);

      const [error] = await failed;
      assert.equal(error.code, 'WS_ERR_UNEXPECTED_RSV_1');
      assert.equal(
        error.message,
        'Invalid WebSocket frame: RSV1 must be clear',
      );
      await raw.end();
      assert.equal(raw.closeCode, 1002);
    },
  );
}

testInRoles(
  'what comes before the error is delivered and nothing behind it',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const events = [];
    subject.on('message', (data) => events.push(data.toString()));
    subject.on('error', (error) => events.push(error.code));
    subject.on('close', (code) => events.push(code));

    raw.send(
      { opcode: OPCODE.TEXT, payload: 'one' },
      { opcode: OPCODE.BINARY, payload: 'two' },
      { opcode: 3 },
      { opcode: OPCODE.TEXT, payload: 'three' },
      { opcode: 4 },
    );

    await eventOf(subject, 'close');
    assert.deepEqual(events, ['one', 'two', 'WS_ERR_INVALID_OPCODE', 1006]);
  },
);

testInRoles('the limits themselves are allowed', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role, {
    subject: { maxPayload: 10, maxFragments: 3 },
  });
  const received = [];
  subject.on('message', (data) => received.push(data.toString()));

  raw.text('exactly 10');
  raw.send(START, MORE, { opcode: OPCODE.CONTINUATION, payload: '!' });
  raw.close(1000);

  await eventOf(subject, 'close');
  assert.deepEqual(received, ['exactly 10', 'startmore!']);
});

testInRoles('a limit counts each message for itself', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role, {
    subject: { maxPayload: 4, maxFragments: 2 },
  });
  let received = 0;
  subject.on('message', () => received++);

  for (let i = 0; i < 5; i++) {
    raw.send(
      { opcode: OPCODE.TEXT, payload: 'ab', fin: false },
      { opcode: OPCODE.PING, payload: 'not counted' },
      { opcode: OPCODE.CONTINUATION, payload: 'cd' },
    );
  }
  raw.close(1000);

  await eventOf(subject, 'close');
  assert.equal(received, 5);
});

testInRoles('0 means no limit', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role, {
    subject: { maxPayload: 0, maxFragments: 0, maxBufferedChunks: 0 },
  });
  const message = eventOf(subject, 'message');

  raw.send(START, MORE, MORE, { opcode: 0, payload: 'x'.repeat(200_000) });

  assert.equal((await message)[0].length, 200_013);
});

testInRoles(
  'a length may be written wider than it needs to be',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const received = [];
    subject.on('message', (data) => received.push(data.toString()));

    raw.send(
      { opcode: OPCODE.TEXT, payload: 'sixteen', lengthBits: 16 },
      { opcode: OPCODE.TEXT, payload: 'sixty-four', lengthBits: 64 },
      { opcode: OPCODE.CLOSE, payload: closePayload(1000) },
    );

    await eventOf(subject, 'close');
    assert.deepEqual(received, ['sixteen', 'sixty-four']);
  },
);

testInRoles('skipUTF8Validation lets any bytes pass', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role, {
    subject: { skipUTF8Validation: true },
  });
  const message = eventOf(subject, 'message');
  const closed = eventOf(subject, 'close');

  raw.send({ opcode: OPCODE.TEXT, payload: Buffer.from([0xff, 0x80]) });
  raw.close(1000, Buffer.from([0xff]));

  const [data, isBinary] = await message;
  assert.deepEqual(data, Buffer.from([0xff, 0x80]));
  assert.equal(isBinary, false);
  assert.deepEqual((await closed)[1], Buffer.from([0xff]));
});

testInRoles(
  'a bad frame in the middle of reading one byte at a time is found',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const received = [];
    subject.on('message', (data) => received.push(data.toString()));
    const failed = eventOf(subject, 'error');
    raw.socket.setNoDelay(true);

    for (const byte of raw.build({
      opcode: OPCODE.TEXT,
      payload: 'drop by drop',
    })) {
      raw.write(Buffer.from([byte]));
    }
    raw.send({ opcode: 7 });

    assert.equal((await failed)[0].code, 'WS_ERR_INVALID_OPCODE');
    assert.deepEqual(received, ['drop by drop']);
  },
);
