'use strict';

const assert = require('node:assert/strict');
const { createHash, randomBytes } = require('node:crypto');
const { Duplex, Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { test } = require('node:test');
const {
  connect,
  connectRaw,
  startServer,
  testInRoles,
  Peer,
} = require('./support/connections');
const { refusingUrl } = require('./support/servers');
const { WebSocket, createWebSocketStream } = require('./support/subject');
const {
  closeOf,
  eventOf,
  messagesOf,
  until,
  within,
} = require('./support/waiting');

testInRoles('what is written to the stream is sent', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const stream = createWebSocketStream(subject);
  assert.ok(stream instanceof Duplex);

  stream.write(Buffer.from('one'));
  stream.write('two');

  const messages = await messagesOf(peer, 2);
  assert.deepEqual(
    messages.map(({ data }) => data.toString()),
    ['one', 'two'],
  );
  stream.destroy();
});

testInRoles(
  'strings are sent as text with decodeStrings: false',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const stream = createWebSocketStream(subject, { decodeStrings: false });

    stream.write('text');
    stream.write(Buffer.from('binary'));

    const messages = await messagesOf(peer, 2);
    assert.deepEqual(
      messages.map(({ isBinary }) => isBinary),
      [false, true],
    );
    stream.destroy();
  },
);

testInRoles('what is received can be read', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const stream = createWebSocketStream(subject);
  stream.setEncoding('utf8');

  peer.send('schön ');
  peer.send(Buffer.from('gut'));
  peer.close();

  let text = '';
  for await (const chunk of stream) text += chunk;
  assert.equal(text, 'schön gut');
});

testInRoles(
  'readableObjectMode keeps text apart from binary',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const stream = createWebSocketStream(subject, { readableObjectMode: true });

    peer.send('text');
    peer.send(Buffer.from('binary'));
    peer.close();

    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    assert.deepEqual(chunks, ['text', Buffer.from('binary')]);
  },
);

testInRoles('a large body is piped there and back', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const source = randomBytes(4 * 1024 * 1024);
  const hash = createHash('sha256');
  const mirror = createWebSocketStream(subject);
  mirror.pipe(mirror);
  const there = Peer.createWebSocketStream(peer);

  let length = 0;
  there.on('data', (chunk) => {
    hash.update(chunk);
    length += chunk.length;
    if (length === source.length) there.end();
  });
  Readable.from(chunksOf(source, 50_000), { objectMode: false }).pipe(there, {
    end: false,
  });
  await within(
    new Promise((resolve) => there.on('close', resolve)),
    () => `${length} of ${source.length} bytes`,
  );

  assert.equal(
    hash.digest('hex'),
    createHash('sha256').update(source).digest('hex'),
  );
});

testInRoles('a reader that is slow pauses the connection', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const stream = createWebSocketStream(subject, { highWaterMark: 1000 });

  peer.send(Buffer.alloc(600));
  peer.send(Buffer.alloc(600));
  await until(() => subject.isPaused, 'the connection was not paused');
  assert.ok(stream.readableLength >= 1000);
  stream.resume();
  await until(() => !subject.isPaused, 'the connection was not resumed');

  peer.send('more');
  const [chunk] = await eventOf(stream, 'data');
  assert.ok(chunk.length > 0);
  stream.destroy();
});

testInRoles(
  'end() closes the connection after what was written',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const stream = createWebSocketStream(subject);
    const closed = closeOf(peer);
    const received = messagesOf(peer, 1);

    stream.resume();
    stream.end('last words');

    assert.equal((await received)[0].data.toString(), 'last words');
    assert.equal((await closed).code, 1005);
    await eventOf(stream, 'close');
    assert.equal(stream.destroyed, true);
  },
);

testInRoles(
  'the end of the connection is the end of the stream',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const stream = createWebSocketStream(subject);
    const ended = eventOf(stream, 'end');

    stream.resume();
    peer.close(1000);

    await ended;
  },
);

testInRoles('destroy() terminates the connection', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const stream = createWebSocketStream(subject);
  const closed = closeOf(peer);
  const failed = eventOf(stream, 'error');

  stream.destroy(new Error('enough'));

  assert.equal((await failed)[0].message, 'enough');
  assert.equal((await closed).code, 1006);
});

testInRoles(
  'an error of the connection destroys the stream',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const stream = createWebSocketStream(subject);
    const failed = eventOf(stream, 'error');
    const closed = eventOf(stream, 'close');

    raw.send({ opcode: 5 });

    assert.equal((await failed)[0].code, 'WS_ERR_INVALID_OPCODE');
    await closed;
    await raw.end();
    assert.equal(raw.closeCode, 1002);
  },
);

test('a stream may be written before the connection is open', async (t) => {
  const { wss, url } = await startServer(t, Peer);
  const message = new Promise((resolve) => {
    wss.on('connection', (connection) => connection.on('message', resolve));
  });

  const stream = createWebSocketStream(new WebSocket(url));
  stream.resume();
  stream.end('early');

  assert.equal((await within(message, 'no message')).toString(), 'early');
  await eventOf(stream, 'close');
});

test('a failed handshake is an error of the stream', async (t) => {
  const url = await refusingUrl(t);

  const stream = createWebSocketStream(new WebSocket(url));
  stream.end('never sent');

  const [error] = await eventOf(stream, 'error');
  assert.equal(error.code, 'ECONNREFUSED');
});

testInRoles('pipeline() ends with the stream', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const stream = createWebSocketStream(subject);
  let received = 0;
  peer.on('message', (data) => (received += data.length));
  stream.resume();

  await pipeline(Readable.from(chunksOf(Buffer.alloc(500_000), 7000)), stream);

  if (peer.readyState !== Peer.CLOSED) await eventOf(peer, 'close');
  assert.equal(received, 500_000);
});

function* chunksOf(bytes, size) {
  for (let i = 0; i < bytes.length; i += size)
    yield bytes.subarray(i, i + size);
}
