'use strict';

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const zlib = require('node:zlib');
const { connect, connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { eventOf, messagesOf } = require('./support/waiting');

const ROLES = ['server', 'client', 'both'];
const BOTH_ENDS = {
  subject: { perMessageDeflate: true },
  peer: { perMessageDeflate: true },
};
const EXTENSION = 'Sec-WebSocket-Extensions: permessage-deflate';
const NO_TAKEOVER = `${EXTENSION}; server_no_context_takeover; client_no_context_takeover`;
const TEXT = 'the quick brown fox jumps over the lazy dog; '.repeat(200);

testInRoles('compression is used when both ends want it', async (t, role) => {
  const { subject, peer } = await connect(t, role, BOTH_ENDS);

  assert.equal(subject.extensions, 'permessage-deflate');
  assert.equal(peer.extensions, 'permessage-deflate');
});

for (const unwilling of ['subject', 'peer']) {
  testInRoles(
    `compression is not used when the ${unwilling} does not want it`,
    async (t, role) => {
      const { subject, peer } = await connect(t, role, {
        ...BOTH_ENDS,
        [unwilling]: { perMessageDeflate: false },
      });

      subject.send(TEXT);

      assert.equal(subject.extensions, '');
      assert.equal((await messagesOf(peer, 1))[0].data.toString(), TEXT);
    },
  );
}

for (const size of [0, 1, 125, 1024, 8192, 65_536, 1024 * 1024]) {
  testInRoles(
    `${size} bytes survive compression in both directions`,
    async (t, role) => {
      const { subject, peer } = await connect(t, role, BOTH_ENDS);
      const random = randomBytes(size);
      const plain = Buffer.alloc(size, TEXT);
      const inbound = messagesOf(subject, 3);
      const outbound = messagesOf(peer, 3);

      for (const end of [subject, peer]) {
        end.send(random);
        end.send(plain);
        end.send(plain.toString());
      }

      for (const messages of [await inbound, await outbound]) {
        assert.ok(messages[0].data.equals(random));
        assert.ok(messages[1].data.equals(plain));
        assert.ok(messages[2].data.equals(plain));
        assert.deepEqual(
          messages.map(({ isBinary }) => isBinary),
          [true, true, false],
        );
      }
    },
    ROLES,
  );
}

testInRoles('compressed frames are smaller and marked', async (t, role) => {
  const { subject, raw } = await connectWithDeflate(t, role);

  subject.send(TEXT);

  const [frame] = await raw.firstFrames(1);
  assert.equal(frame.rsv1, true);
  assert.ok(frame.payload.length < TEXT.length / 10);
  assert.equal(inflate(frame.payload).toString(), TEXT);
});

testInRoles('the context is kept from message to message', async (t, role) => {
  const { subject, raw } = await connectWithDeflate(t, role);
  const noise = randomBytes(4000);

  subject.send(noise);
  subject.send(noise);

  const [first, second] = await raw.firstFrames(2);
  assert.ok(first.payload.length >= 4000);
  assert.ok(second.payload.length < 200);
});

testInRoles(
  'without context takeover each message stands alone',
  async (t, role) => {
    const { subject, raw } = await connectWithDeflate(t, role, {}, NO_TAKEOVER);
    const noise = randomBytes(4000);

    subject.send(noise);
    subject.send(noise);

    for (const { payload } of await raw.firstFrames(2)) {
      assert.ok(inflate(payload).equals(noise));
    }
  },
);

testInRoles(
  'below the threshold nothing is compressed without context takeover',
  async (t, role) => {
    const { subject, raw } = await connectWithDeflate(
      t,
      role,
      { threshold: 100 },
      NO_TAKEOVER,
    );

    subject.send('x'.repeat(99));
    subject.send('x'.repeat(100));
    subject.send('x'.repeat(99), { fin: false });
    subject.send('x'.repeat(100));

    const frames = await raw.firstFrames(4);
    assert.deepEqual(
      frames.map(({ rsv1 }) => rsv1),
      [false, true, false, false],
    );
  },
);

testInRoles(
  'the threshold is 1,024 bytes unless said otherwise',
  async (t, role) => {
    const { subject, raw } = await connectWithDeflate(
      t,
      role,
      true,
      NO_TAKEOVER,
    );

    subject.send('x'.repeat(1023));
    subject.send('x'.repeat(1024));

    const frames = await raw.firstFrames(2);
    assert.deepEqual(
      frames.map(({ rsv1 }) => rsv1),
      [false, true],
    );
  },
);

testInRoles(
  'with context takeover the threshold does not count',
  async (t, role) => {
    const { subject, raw } = await connectWithDeflate(t, role, {
      threshold: 100,
    });

    subject.send('x');

    const [frame] = await raw.firstFrames(1);
    assert.equal(frame.rsv1, true);
    assert.equal(inflate(frame.payload).toString(), 'x');
  },
);

testInRoles('compress: false sends a message as it is', async (t, role) => {
  const { subject, raw } = await connectWithDeflate(t, role);

  subject.send(TEXT);
  subject.send(TEXT, { compress: false });
  subject.send(TEXT);

  const frames = await raw.firstFrames(3);
  assert.deepEqual(
    frames.map(({ rsv1 }) => rsv1),
    [true, false, true],
  );
  assert.equal(frames[1].payload.toString(), TEXT);
});

testInRoles('mixed messages keep their order', async (t, role) => {
  const { subject, peer } = await connect(t, role, BOTH_ENDS);
  const received = [];
  peer.on('message', (data) => received.push(data.length));
  peer.on('ping', (data) => received.push(data.toString()));

  for (let i = 0; i < 30; i++) {
    subject.send(Buffer.alloc(i % 3 === 0 ? 300_000 : i), {
      compress: i % 2 === 0,
    });
    subject.ping(`ping ${i}`);
  }
  subject.close();

  await eventOf(peer, 'close');
  assert.deepEqual(
    received,
    Array.from({ length: 30 }, (_, i) => [
      i % 3 === 0 ? 300_000 : i,
      `ping ${i}`,
    ]).flat(),
  );
});

testInRoles(
  'callbacks of compressed messages keep their order',
  async (t, role) => {
    const { subject } = await connect(t, role, BOTH_ENDS);
    const order = [];

    for (let i = 0; i < 10; i++) {
      subject.send(TEXT, { compress: i % 2 === 0 }, () => order.push(i));
    }
    subject.close();

    await eventOf(subject, 'close');
    assert.deepEqual(order, [...Array(10).keys()]);
  },
);

testInRoles('fragments are compressed as one message', async (t, role) => {
  const { subject, raw } = await connectWithDeflate(t, role);

  subject.send(TEXT, { fin: false });
  subject.send('', { fin: false });
  subject.send(TEXT);

  const frames = await raw.firstFrames(3);
  assert.deepEqual(
    frames.map(({ rsv1, fin, opcode }) => [rsv1, fin, opcode]),
    [
      [true, false, OPCODE.TEXT],
      [false, false, OPCODE.CONTINUATION],
      [false, true, OPCODE.CONTINUATION],
    ],
  );
  const whole = Buffer.concat(frames.map(({ payload }) => payload));
  assert.equal(inflate(whole).toString(), TEXT + TEXT);
});

testInRoles(
  "binaryType 'fragments' works with compression",
  async (t, role) => {
    const { subject, peer } = await connect(t, role, BOTH_ENDS);
    subject.binaryType = 'fragments';

    peer.send(Buffer.from(TEXT), { fin: false });
    peer.send(Buffer.from('end'));

    const [{ data }] = await messagesOf(subject, 1);
    assert.equal(Buffer.concat(data).toString(), `${TEXT}end`);
  },
);

testInRoles('a burst of compressed messages arrives whole', async (t, role) => {
  const { subject, peer } = await connect(t, role, BOTH_ENDS);
  const received = messagesOf(subject, 100);
  const sent = Array.from({ length: 100 }, (_, i) => `${TEXT}${i}`);

  for (const message of sent) peer.send(message);

  const messages = await received;
  messages.forEach(({ data }, i) => assert.ok(data.toString() === sent[i]));
});

testInRoles('zlibDeflateOptions decide how hard it tries', async (t, role) => {
  const { subject, raw } = await connectWithDeflate(t, role, {
    zlibDeflateOptions: { level: 0 },
  });

  subject.send(TEXT);

  const [frame] = await raw.firstFrames(1);
  assert.equal(frame.rsv1, true);
  assert.ok(frame.payload.length > TEXT.length);
  assert.equal(inflate(frame.payload).toString(), TEXT);
});

const TRAILER = Buffer.from([0x00, 0x00, 0xff, 0xff]);

function inflate(payload) {
  return zlib.inflateRawSync(Buffer.concat([payload, TRAILER]), {
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
  });
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
