'use strict';

const assert = require('node:assert/strict');
const { connect, connectRaw, testInRoles } = require('./support/connections');
const { OPCODE, closePayload } = require('./support/frames');
const { closeOf, eventOf, messagesOf } = require('./support/waiting');

testInRoles(
  'send() with fin: false starts a fragmented message',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);

    subject.send('Hel', { fin: false });
    subject.send('l', { fin: false });
    subject.send('o');

    const frames = await raw.firstFrames(3);
    assert.deepEqual(frames.map(describe), [
      { opcode: OPCODE.TEXT, fin: false, payload: 'Hel' },
      { opcode: OPCODE.CONTINUATION, fin: false, payload: 'l' },
      { opcode: OPCODE.CONTINUATION, fin: true, payload: 'o' },
    ]);
  },
);

testInRoles(
  'the first fragment decides between text and binary',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);

    subject.send('one ', { fin: false, binary: true });
    subject.send('two', { binary: false });
    subject.send(Buffer.from('three '), { fin: false, binary: false });
    subject.send(Buffer.from('four'));

    const [first, second] = await messagesOf(peer, 2);
    assert.equal(first.isBinary, true);
    assert.equal(first.data.toString(), 'one two');
    assert.equal(second.isBinary, false);
    assert.equal(second.data.toString(), 'three four');
  },
);

testInRoles('a last fragment may be empty', async (t, role) => {
  const { subject, peer } = await connect(t, role);

  subject.send('all of it', { fin: false });
  subject.send('');

  const [{ data }] = await messagesOf(peer, 1);
  assert.equal(data.toString(), 'all of it');
});

testInRoles('fragments are received as one message', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const received = messagesOf(subject, 1);

  raw.send(
    { opcode: OPCODE.BINARY, fin: false, payload: 'a' },
    { opcode: OPCODE.CONTINUATION, fin: false, payload: '' },
    { opcode: OPCODE.CONTINUATION, fin: false, payload: 'b'.repeat(70_000) },
    { opcode: OPCODE.CONTINUATION, payload: 'c' },
  );

  const [{ data, isBinary }] = await received;
  assert.equal(isBinary, true);
  assert.ok(data.equals(Buffer.from(`a${'b'.repeat(70_000)}c`)));
});

testInRoles('a character may be cut by a fragment', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const bytes = Buffer.from('€😀');
  const received = messagesOf(subject, 1);

  raw.send(
    { opcode: OPCODE.TEXT, fin: false, payload: bytes.subarray(0, 2) },
    { opcode: OPCODE.CONTINUATION, fin: false, payload: bytes.subarray(2, 5) },
    { opcode: OPCODE.CONTINUATION, payload: bytes.subarray(5) },
  );

  const [{ data }] = await received;
  assert.equal(data.toString(), '€😀');
});

testInRoles('a message of 2,000 fragments is received', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const received = messagesOf(subject, 1);
  const fragments = Array.from({ length: 2000 }, (_, i) => ({
    opcode: i === 0 ? OPCODE.TEXT : OPCODE.CONTINUATION,
    fin: i === 1999,
    payload: `${i};`,
  }));

  raw.send(...fragments);

  const [{ data }] = await received;
  assert.equal(data.toString(), fragments.map((f) => f.payload).join(''));
});

testInRoles(
  'a ping between two fragments is answered first',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const events = [];
    subject.on('ping', (data) => events.push(`ping ${data}`));
    subject.on('pong', (data) => events.push(`pong ${data}`));
    subject.on('message', (data) => {
      events.push(`message ${data}`);
      subject.send(data.toString());
    });

    raw.send(
      { opcode: OPCODE.TEXT, fin: false, payload: 'in ' },
      { opcode: OPCODE.PING, payload: 'between' },
      { opcode: OPCODE.PONG, payload: 'unasked' },
      { opcode: OPCODE.CONTINUATION, payload: 'two' },
    );

    const [pong, echo] = await raw.firstFrames(2);
    assert.equal(pong.opcode, OPCODE.PONG);
    assert.equal(pong.payload.toString(), 'between');
    assert.equal(echo.payload.toString(), 'in two');
    assert.deepEqual(events, [
      'ping between',
      'pong unasked',
      'message in two',
    ]);
  },
);

testInRoles('a ping can be sent between two fragments', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);

  subject.send('a', { fin: false });
  subject.ping('b');
  subject.send('c');

  const frames = await raw.firstFrames(3);
  assert.deepEqual(
    frames.map((frame) => frame.opcode),
    [OPCODE.TEXT, OPCODE.PING, OPCODE.CONTINUATION],
  );
});

testInRoles(
  'a close frame between fragments drops the message',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    subject.on('message', () => assert.fail('an unfinished message'));
    const closed = closeOf(subject);

    raw.send(
      { opcode: OPCODE.TEXT, fin: false, payload: 'never ' },
      { opcode: OPCODE.CLOSE, payload: closePayload(1000, 'enough') },
    );

    assert.deepEqual(await closed, { code: 1000, reason: 'enough' });
  },
);

testInRoles(
  "binaryType 'fragments' gives the fragments as received",
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    subject.binaryType = 'fragments';
    const received = messagesOf(subject, 3);

    raw.send(
      { opcode: OPCODE.BINARY, fin: false, payload: 'one' },
      { opcode: OPCODE.CONTINUATION, fin: false, payload: '' },
      { opcode: OPCODE.CONTINUATION, fin: false, payload: 'three' },
      { opcode: OPCODE.CONTINUATION, payload: 'four' },
      { opcode: OPCODE.BINARY, payload: 'whole' },
      { opcode: OPCODE.BINARY, payload: '' },
    );

    const messages = await received;
    assert.ok(messages[0].data.every((part) => Buffer.isBuffer(part)));
    assert.deepEqual(
      messages.map(({ data }) => data.map(String)),
      [['one', 'three', 'four'], ['whole'], []],
    );
  },
);

testInRoles(
  "a fragmented text is one Buffer with binaryType 'fragments'",
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    subject.binaryType = 'fragments';
    const message = eventOf(subject, 'message');

    raw.send(
      { opcode: OPCODE.TEXT, fin: false, payload: 'te' },
      { opcode: OPCODE.CONTINUATION, payload: 'xt' },
    );

    const [data, isBinary] = await message;
    assert.equal(isBinary, false);
    assert.ok(Buffer.isBuffer(data));
    assert.equal(data.toString(), 'text');
  },
);

function describe({ opcode, fin, payload }) {
  return { opcode, fin, payload: payload.toString() };
}
