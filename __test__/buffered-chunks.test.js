'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { connectRaw, testInRoles } = require('./support/connections');
const { createDuplexPair } = require('./support/duplex-pair');
const { OPCODE, buildFrame } = require('./support/frames');
const { RawPeer, readHandshake } = require('./support/raw-peer');
const { WebSocketServer } = require('./support/subject');
const { closeOf, eventOf, until } = require('./support/waiting');

const HEADER_SIZE = 6;
const FRAME = buildFrame({ opcode: OPCODE.TEXT, payload: 'abcd', mask: true });

test('a payload in as many chunks as maxBufferedChunks passes', async (t) => {
  const { subject, raw } = await connectOverStreams(t, {
    maxBufferedChunks: 3,
  });
  const message = eventOf(subject, 'message');

  writeInPieces(raw, FRAME, [HEADER_SIZE, 1, 1, 2]);

  assert.equal((await message)[0].toString(), 'abcd');
});

test('one chunk more than maxBufferedChunks is an error', async (t) => {
  const { subject, raw } = await connectOverStreams(t, {
    maxBufferedChunks: 3,
  });
  const failed = eventOf(subject, 'error');
  const closed = closeOf(subject);

  writeInPieces(raw, FRAME, [HEADER_SIZE, 1, 1, 1, 1]);

  assertTooMany(await failed);
  assert.equal((await closed).code, 1006);
  await raw.firstFrames(1);
  assert.equal(raw.closeCode, 1008);
});

test('chunks of complete frames are not counted', async (t) => {
  const { subject, raw } = await connectOverStreams(t, {
    maxBufferedChunks: 1,
  });
  let received = 0;
  const all = new Promise((resolve) => {
    subject.on('message', () => ++received === 50 && resolve());
  });

  for (let i = 0; i < 50; i++) writeInPieces(raw, FRAME, [FRAME.length]);

  await all;
});

testInRoles(
  'chunks of a TCP connection are counted as they are read',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { maxBufferedChunks: 4 },
    });
    const failed = eventOf(subject, 'error');
    raw.socket.setNoDelay(true);
    const frame = raw.build({
      opcode: OPCODE.BINARY,
      payload: 'x'.repeat(100),
    });
    const headerSize = frame.length - 100;
    let isOver = false;
    failed.then(() => (isOver = true));

    const received = subject._socket.bytesRead;
    raw.write(frame.subarray(0, headerSize));
    await until(
      () => subject._socket.bytesRead > received || isOver,
      'the header was not read',
    ).catch(() => {});
    for (let i = headerSize; i < headerSize + 6 && !isOver; i++) {
      const before = subject._socket.bytesRead;
      raw.write(frame.subarray(i, i + 1));
      await until(
        () => subject._socket.bytesRead > before || isOver,
        'a byte was not read',
      );
    }

    assertTooMany(await failed);
    await raw.end();
    assert.equal(raw.closeCode, 1008);
  },
);

function assertTooMany([error]) {
  assert.equal(error.name, 'RangeError');
  assert.equal(error.code, 'WS_ERR_TOO_MANY_BUFFERED_PARTS');
  assert.equal(error.message, 'Too many buffered chunks');
}

function writeInPieces(raw, bytes, sizes) {
  let offset = 0;
  for (const size of sizes) {
    // A copy: the other end may unmask what it is given in place.
    raw.socket.write(Buffer.from(bytes.subarray(offset, offset + size)));
    offset += size;
  }
}

/** On streams of our own every write is a chunk of its own. */
async function connectOverStreams(t, options) {
  const wss = new WebSocketServer({ noServer: true, ...options });
  const [near, far] = createDuplexPair();
  t.after(() => near.destroy());
  const request = {
    method: 'GET',
    url: '/',
    headers: {
      upgrade: 'websocket',
      'sec-websocket-key': 'AAECAwQFBgcICQoLDA0ODw==',
      'sec-websocket-version': '13',
    },
    socket: far,
  };
  const upgraded = new Promise((resolve) => {
    wss.handleUpgrade(request, far, Buffer.alloc(0), resolve);
  });
  const [subject, response] = await Promise.all([
    upgraded,
    readHandshake(near),
  ]);
  t.after(() => subject.terminate());
  return { subject, raw: new RawPeer(near, { masks: true, ...response }) };
}
