'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { connect, connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { listenRaw } = require('./support/raw-peer');
const { WebSocket } = require('./support/subject');
const { closeOf, eventOf, messagesOf } = require('./support/waiting');

const BYTES = Buffer.from([
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
]);
const TYPED_ARRAYS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];

testInRoles('a string is sent as text', async (t, role) => {
  const { subject, peer } = await connect(t, role);

  subject.send('schön');

  assert.deepEqual(await messagesOf(peer, 1), [
    { data: Buffer.from('schön'), isBinary: false },
  ]);
});

testInRoles('a number is sent as text', async (t, role) => {
  const { subject, peer } = await connect(t, role);

  for (const number of [0, -1, 42.5, NaN]) subject.send(number);

  const messages = await messagesOf(peer, 4);
  assert.deepEqual(
    messages.map(({ data }) => data.toString()),
    ['0', '-1', '42.5', 'NaN'],
  );
  assert.ok(messages.every(({ isBinary }) => !isBinary));
});

testInRoles('a Buffer is sent as binary', async (t, role) => {
  const { subject, peer } = await connect(t, role);

  subject.send(BYTES);
  subject.send(BYTES.subarray(3, 5));

  assert.deepEqual(await messagesOf(peer, 2), [
    { data: BYTES, isBinary: true },
    { data: Buffer.from([4, 5]), isBinary: true },
  ]);
});

testInRoles(
  'an ArrayBuffer and a SharedArrayBuffer are sent as binary',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const shared = new SharedArrayBuffer(BYTES.length);
    new Uint8Array(shared).set(BYTES);

    subject.send(new Uint8Array(BYTES).buffer);
    subject.send(shared);

    assert.deepEqual(await messagesOf(peer, 2), [
      { data: BYTES, isBinary: true },
      { data: BYTES, isBinary: true },
    ]);
  },
);

for (const TypedArray of TYPED_ARRAYS) {
  testInRoles(`the bytes of a ${TypedArray.name} are sent`, async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const memory = new Uint8Array([...Array(8).fill(0), ...BYTES]).buffer;

    subject.send(new TypedArray(memory, 8));

    assert.deepEqual(await messagesOf(peer, 1), [
      { data: BYTES, isBinary: true },
    ]);
  });
}

testInRoles('the bytes of a DataView are sent', async (t, role) => {
  const { subject, peer } = await connect(t, role);

  subject.send(new DataView(new Uint8Array(BYTES).buffer, 1, 3));

  assert.deepEqual(await messagesOf(peer, 1), [
    { data: Buffer.from([2, 3, 4]), isBinary: true },
  ]);
});

testInRoles('a Blob keeps its place among later messages', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const order = [];

  subject.send('before', () => order.push('before'));
  subject.send(new Blob([BYTES]), () => order.push('blob'));
  subject.send('between', () => order.push('between'));
  subject.send(new Blob([]), () => order.push('empty blob'));
  subject.ping('ping', undefined, () => order.push('ping'));
  const allSent = new Promise((resolve) => {
    subject.send('after', () => resolve(order.push('after')));
  });

  const messages = await messagesOf(peer, 5);
  assert.deepEqual(
    messages.map(({ data }) => data.toString('latin1')),
    ['before', BYTES.toString('latin1'), 'between', '', 'after'],
  );
  await allSent;
  assert.deepEqual(order, [
    'before',
    'blob',
    'between',
    'empty blob',
    'ping',
    'after',
  ]);
});

testInRoles('a Blob waiting to be read counts as buffered', async (t, role) => {
  const { subject } = await connect(t, role);

  subject.send(new Blob([BYTES]));
  subject.send('four');

  assert.equal(subject.bufferedAmount, BYTES.length + 4);
});

testInRoles('close() waits for a Blob', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const closed = closeOf(peer);
  const message = eventOf(peer, 'message');

  subject.send(new Blob([BYTES]));
  subject.close(1000);

  assert.deepEqual((await message)[0], BYTES);
  assert.equal((await closed).code, 1000);
});

testInRoles(
  'arrays and objects become what Buffer.from() makes of them',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);

    subject.send([1, 2, 300]);
    subject.send({ valueOf: () => 'from valueOf' });
    subject.send({ [Symbol.toPrimitive]: () => 'from toPrimitive' });
    subject.send(new String('String object'));
    subject.send({ length: 2, 0: 5, 1: 6 });

    const messages = await messagesOf(peer, 5);
    assert.deepEqual(
      messages.map(({ data }) => data),
      [
        Buffer.from([1, 2, 44]),
        Buffer.from('from valueOf'),
        Buffer.from('from toPrimitive'),
        Buffer.from('String object'),
        Buffer.from([5, 6]),
      ],
    );
    assert.ok(messages.every(({ isBinary }) => isBinary));
  },
);

testInRoles(
  'nothing, null and false are sent as an empty binary message',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);

    subject.send();
    subject.send(null);
    subject.send(false);
    subject.send('');

    const messages = await messagesOf(peer, 4);
    assert.deepEqual(
      messages.map(({ data, isBinary }) => [data.length, isBinary]),
      [
        [0, true],
        [0, true],
        [0, true],
        [0, false],
      ],
    );
  },
);

testInRoles(
  'what cannot become bytes throws and sends nothing',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const received = messagesOf(peer, 1);

    for (const value of [true, {}, Symbol('s'), () => {}, 1n]) {
      assert.throws(() => subject.send(value), {
        code: 'ERR_INVALID_ARG_TYPE',
      });
    }
    subject.send('still in use');

    assert.equal((await received)[0].data.toString(), 'still in use');
  },
);

test('send() before the connection is open throws', async (t) => {
  const listener = await listenRaw(t);
  const client = new WebSocket(listener.url);
  client.on('error', () => {});

  assert.throws(() => client.send('early'), {
    name: 'Error',
    message: 'WebSocket is not open: readyState 0 (CONNECTING)',
  });

  client.terminate();
  await eventOf(client, 'close');
});

testInRoles(
  'the binary option overrides the type of the data',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);

    subject.send('string', { binary: true });
    subject.send(Buffer.from('buffer'), { binary: false });

    const [first, second] = await messagesOf(peer, 2);
    assert.equal(first.isBinary, true);
    assert.equal(second.isBinary, false);
  },
);

testInRoles(
  'the mask option overrides the rule of the role',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);

    subject.send('as the rule says');
    subject.send('against it', { mask: role === 'server' });
    subject.send(Buffer.alloc(300, 'x'), { mask: role === 'server' });

    const frames = await raw.firstFrames(3);
    assert.deepEqual(
      frames.map(({ masked }) => masked),
      [role === 'client', role === 'server', role === 'server'],
    );
    assert.equal(frames[1].payload.toString(), 'against it');
    assert.equal(frames[2].payload.toString(), 'x'.repeat(300));
  },
);

testInRoles(
  'the compress option is harmless without the extension',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);

    subject.send('x'.repeat(5000), { compress: true });

    const [frame] = await raw.firstFrames(1);
    assert.equal(frame.rsv1, false);
    assert.equal(frame.payload.length, 5000);
  },
);

testInRoles(
  'options may be null or undefined before a callback',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const received = messagesOf(peer, 2);

    const errors = await Promise.all([
      new Promise((resolve) => subject.send('a', null, resolve)),
      new Promise((resolve) => subject.send('b', undefined, resolve)),
    ]);

    assert.deepEqual(errors.map(Boolean), [false, false]);
    assert.equal((await received).length, 2);
  },
);

testInRoles('callbacks are called in order, before close', async (t, role) => {
  const { subject } = await connect(t, role);
  const order = [];
  subject.on('close', () => order.push('close'));

  for (let i = 0; i < 20; i++) {
    subject.send(Buffer.alloc(i * 10_000), (error) => order.push(error ?? i));
  }
  subject.close();

  await eventOf(subject, 'close');
  assert.deepEqual(order, [...Array(20).keys(), 'close']);
});

testInRoles('a callback is not called inside send()', async (t, role) => {
  const { subject } = await connect(t, role);
  let returned = false;

  const calledLater = await new Promise((resolve) => {
    subject.send('data', () => resolve(returned));
    returned = true;
  });

  assert.equal(calledLater, true);
});

testInRoles('after close() the callback gets an error', async (t, role) => {
  const { subject } = await connect(t, role);
  let returned = false;
  subject.close();

  const closing = await new Promise((resolve) => {
    subject.send('too late', (error) => resolve({ error, returned }));
    returned = true;
  });
  subject.send('nobody asks');
  await eventOf(subject, 'close');
  const closed = await new Promise((resolve) => subject.send('later', resolve));

  assert.equal(closing.returned, true);
  assert.equal(
    closing.error.message,
    'WebSocket is not open: readyState 2 (CLOSING)',
  );
  assert.equal(closed.message, 'WebSocket is not open: readyState 3 (CLOSED)');
});

testInRoles(
  'a small Buffer may be changed as soon as send() returns',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const data = Buffer.from('as it was');

    subject.send(data);
    data.fill('x');

    const [frame] = await raw.firstFrames(1);
    assert.equal(frame.opcode, OPCODE.BINARY);
    assert.equal(frame.payload.toString(), 'as it was');
  },
);

testInRoles(
  'sending leaves the data of the caller as it is',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const data = Buffer.alloc(20_000, 'unchanged');
    const copy = Buffer.from(data);

    subject.send(data);
    subject.send(data.buffer);
    await messagesOf(peer, 2);

    assert.ok(data.equals(copy));
  },
);
