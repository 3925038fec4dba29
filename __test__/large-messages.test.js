'use strict';

const assert = require('node:assert/strict');
const v8 = require('node:v8');
const vm = require('node:vm');
const { setImmediate: nextTurn } = require('node:timers/promises');
const { connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { closeOf, eventOf, messagesOf, until } = require('./support/waiting');

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc');

const KB = 1024;
const MB = 1024 * KB;
/** Around the sizes from which memory is had in another way. */
const SIZES = [
  ...[4 * KB, 8 * KB - 1, 8 * KB, 20 * KB, 32 * KB, 64 * KB - 1, 64 * KB],
  ...[65 * KB, 100_000, 256 * KB, MB, MB + 1, 3 * MB, 100, 0, 70 * KB],
];

for (const opcode of [OPCODE.BINARY, OPCODE.TEXT]) {
  const kind = opcode === OPCODE.BINARY ? 'binary' : 'text';

  testInRoles(
    `${kind} messages of all sizes arrive whole, behind each other`,
    async (t, role) => {
      const { subject, raw } = await connectRaw(t, role);
      const received = messagesOf(subject, SIZES.length);

      raw.send(
        ...SIZES.map((size, i) => ({ opcode, payload: content(size, i) })),
      );

      const messages = await received;
      assert.deepEqual(
        messages.map(({ data }) => data.length),
        SIZES,
      );
      messages.forEach(({ data, isBinary }, i) => {
        assert.ok(data.equals(content(SIZES[i], i)));
        assert.equal(isBinary, opcode === OPCODE.BINARY);
      });
    },
  );
}

testInRoles(
  'a message that arrives in pieces of any size is put together',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const sizes = [20 * KB, 200 * KB, 2 * MB];
    const received = messagesOf(subject, sizes.length);
    const stream = Buffer.concat(
      sizes.map((size, i) =>
        raw.build({ opcode: OPCODE.BINARY, payload: content(size, i) }),
      ),
    );

    for (let at = 0, step = 1; at < stream.length; at += step) {
      step = Math.min(step * 2 + 1, 70_001);
      raw.write(stream.subarray(at, at + step));
      await nextTurn();
    }

    (await received).forEach(({ data }, i) => {
      assert.ok(data.equals(content(sizes[i], i)));
    });
  },
);

testInRoles(
  'messages that are kept stay as they are, whatever is received and collected',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const kept = [];

    for (let round = 0; round < 8; round++) {
      const sizes = [20 * KB, 64 * KB, 100_000, 300_000];
      const received = messagesOf(subject, sizes.length);
      const frames = sizes.map((size, i) =>
        raw.build({
          opcode: OPCODE.BINARY,
          payload: content(size, 10 * round + i),
        }),
      );
      const stream = Buffer.concat(frames);
      const cut = stream.length - 150_000;

      // Garbage is collected while a message is half received.
      raw.write(stream.subarray(0, cut));
      await until(
        () => subject._socket.bytesRead >= (round + 1) * cut,
        'the first part was not read',
      );
      collectGarbage();
      raw.write(stream.subarray(cut));
      kept.push(...(await received).slice(round % 2));
    }

    collectGarbage();
    for (const { data } of kept) {
      assert.ok(data.equals(content(data.length, data[0])));
    }
  },
);

testInRoles(
  'a fault far behind in a large text ends the connection',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const failed = eventOf(subject, 'error');
    const closed = closeOf(subject);
    subject.on('message', () => assert.fail('it is not valid'));
    const payload = content(300_000, 0);
    payload[299_999] = 0xff;

    raw.send({ opcode: OPCODE.TEXT, payload });

    const [error] = await failed;
    assert.equal(error.code, 'WS_ERR_INVALID_UTF8');
    assert.equal((await closed).code, 1006);
  },
);

testInRoles('a connection may end within a large message', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const closed = closeOf(subject);
  subject.on('message', () => assert.fail('it is not complete'));
  const frame = raw.build({
    opcode: OPCODE.BINARY,
    payload: content(300_000, 0),
  });

  raw.write(frame.subarray(0, 200_000));
  await until(
    () => subject._socket.bytesRead >= 200_000,
    'the first part was not read',
  );
  raw.socket.destroy();

  assert.equal((await closed).code, 1006);
});

testInRoles(
  'terminate() within a large message, and in its listener',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const frame = raw.build({
      opcode: OPCODE.BINARY,
      payload: content(300_000, 0),
    });
    const received = eventOf(subject, 'message');

    raw.write(frame);
    raw.write(frame.subarray(0, 150_000));
    await received;
    const closed = closeOf(subject);
    subject.terminate();

    assert.equal((await closed).code, 1006);
  },
);

testInRoles(
  'the binary type of a large message is that of the time when it is complete',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const payload = content(300_000, 0);
    const frame = raw.build({ opcode: OPCODE.BINARY, payload });
    const types = ['arraybuffer', 'fragments', 'nodebuffer', 'fragments'];
    const seen = [];
    let read = 0;

    for (const type of types) {
      const received = eventOf(subject, 'message');

      raw.write(frame.subarray(0, 200_000));
      await until(
        () => subject._socket.bytesRead >= read + 200_000,
        'the first part was not read',
      );
      subject.binaryType = type;
      raw.write(frame.subarray(200_000));
      read += frame.length;

      const [data] = await received;
      seen.push(Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data));
    }

    for (const data of seen) assert.ok(data.equals(payload));
  },
);

testInRoles(
  'a header takes no memory for what it announces',
  async (t, role) => {
    const before = process.memoryUsage().arrayBuffers;
    const connections = [];
    const announced = 64 * MB;
    const header = raw64BitHeader(announced, role);

    for (let i = 0; i < 8; i++) {
      const { subject, raw } = await connectRaw(t, role);

      connections.push(subject);
      raw.write(header, Buffer.alloc(10 * KB));
    }
    await until(
      () =>
        connections.every(({ _socket: socket }) => socket.bytesRead > 10 * KB),
      'not everything was read',
    );

    const taken = process.memoryUsage().arrayBuffers - before;
    assert.ok(taken < 8 * MB, `${taken} bytes for 8 headers`);
  },
);

/** Bytes that are text, too, and tell which message they are of. */
function content(size, number) {
  const bytes = Buffer.alloc(size, 'all in their order, 0123456789');

  if (size > 0) bytes[0] = number;
  return bytes;
}

function raw64BitHeader(length, role) {
  const isMasked = role === 'server';
  const header = Buffer.alloc(isMasked ? 14 : 10);

  header[0] = 0x80 | OPCODE.BINARY;
  header[1] = isMasked ? 0xff : 0x7f;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
