'use strict';

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { connect, connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { closeOf, eventOf, messagesOf, until } = require('./support/waiting');

const ROLES = ['server', 'client', 'both'];
const BOTH_ENDS = {
  subject: { perMessageDeflate: true },
  peer: { perMessageDeflate: true },
};
const EXTENSION = 'Sec-WebSocket-Extensions: permessage-deflate';

/** Does not become much shorter, so that its frame is large, too. */
const LARGE = randomBytes(300 * 1024).toString('base64');
/** Becomes a thousand times as short. */
const DENSE = 'a'.repeat(2 * 1024 * 1024);

/** Large messages among small ones. */
const MIXTURE = Array.from({ length: 60 }, (_, i) => {
  if (i % 10 === 5) return LARGE;
  if (i % 10 === 8) return DENSE;
  return `message ${i}`;
});

const textsOf = (messages) => messages.map(({ data }) => `${data}`);

testInRoles(
  'messages of all sizes keep their order',
  async (t, role) => {
    const { subject, peer } = await connect(t, role, BOTH_ENDS);
    const inbound = messagesOf(subject, MIXTURE.length);
    const outbound = messagesOf(peer, MIXTURE.length);

    for (const text of MIXTURE) {
      subject.send(text);
      peer.send(text);
    }

    assert.deepEqual(textsOf(await inbound), MIXTURE);
    assert.deepEqual(textsOf(await outbound), MIXTURE);
  },
  ROLES,
);

testInRoles(
  'answers to messages that were read together keep their order',
  async (t, role) => {
    const { subject, peer } = await connect(t, role, BOTH_ENDS);
    const answers = messagesOf(peer, 200);
    subject.on('message', (data, isBinary) => {
      const text = `${data}`;
      subject.send(text.endsWith('7') ? text + LARGE : data, {
        binary: isBinary,
      });
    });

    for (let i = 0; i < 200; i++) peer.send(`${i}`);

    const expected = Array.from({ length: 200 }, (_, i) =>
      i % 10 === 7 ? i + LARGE : `${i}`,
    );
    assert.deepEqual(textsOf(await answers), expected);
  },
  ROLES,
);

testInRoles(
  'a connection that speaks while it is spoken to is answered',
  async (t, role) => {
    const { subject, peer } = await connect(t, role, BOTH_ENDS);
    peer.on('message', (data, isBinary) =>
      peer.send(data, { binary: isBinary }),
    );
    const echoed = messagesOf(subject, 20);
    let rounds = 0;
    subject.on('message', () => {
      if (++rounds < 20) subject.send(rounds % 2 ? LARGE : 'small');
    });

    subject.send('small');

    const texts = textsOf(await echoed);
    assert.ok(texts.every((text, i) => text === (i % 2 ? LARGE : 'small')));
  },
  ROLES,
);

testInRoles(
  'the callbacks of large and small messages come in order',
  async (t, role) => {
    const { subject, peer } = await connect(t, role, BOTH_ENDS);
    const outbound = messagesOf(peer, MIXTURE.length);
    const called = [];

    MIXTURE.forEach((text, i) => {
      subject.send(text, (error) => called.push(error ?? i));
    });

    await outbound;
    await until(
      () => called.length === MIXTURE.length,
      'callbacks are missing',
    );
    assert.deepEqual(called, [...MIXTURE.keys()]);
  },
  ROLES,
);

testInRoles(
  'bufferedAmount counts a large message until it is written',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { perMessageDeflate: true },
      headers: [EXTENSION],
    });
    const message = randomBytes(16 * 1024 * 1024);
    raw.socket.pause();

    subject.send(message);

    assert.ok(
      subject.bufferedAmount >= message.length / 4,
      `${subject.bufferedAmount}`,
    );
    raw.socket.resume();
    await until(() => subject.bufferedAmount === 0, 'it is still buffered');
  },
);

testInRoles(
  'close() behind a large message lets it through',
  async (t, role) => {
    const { subject, peer } = await connect(t, role, BOTH_ENDS);
    const closed = closeOf(peer);
    const outbound = messagesOf(peer, 2);
    subject.once('message', () => {
      subject.send(LARGE);
      subject.send('last');
      subject.close(1000, 'done');
    });

    peer.send('now');

    assert.deepEqual(textsOf(await outbound), [LARGE, 'last']);
    assert.deepEqual(await closed, { code: 1000, reason: 'done' });
  },
);

testInRoles(
  'terminate() behind a large message ends the connection',
  async (t, role) => {
    const { subject, peer } = await connect(t, role, BOTH_ENDS);
    const ended = [eventOf(peer, 'close'), closeOf(subject)];
    let count = 0;
    subject.on('message', () => {
      count++;
      subject.send(LARGE);
      subject.terminate();
    });

    peer.send('now');

    const [, { code }] = await Promise.all(ended);
    assert.deepEqual({ code, count }, { code: 1006, count: 1 });
  },
);

testInRoles(
  'a connection that is paused in a listener, behind a large answer, is resumed',
  async (t, role) => {
    const { subject, peer } = await connect(t, role, BOTH_ENDS);
    const outbound = messagesOf(peer, 1);
    const inbound = messagesOf(subject, 3);
    subject.once('message', () => {
      subject.send(LARGE);
      subject.pause();
      assert.equal(subject.isPaused, true);
    });

    peer.send('now');
    await outbound;
    peer.send(LARGE);
    peer.send('last');
    subject.resume();

    assert.deepEqual(textsOf(await inbound), ['now', LARGE, 'last']);
  },
);

testInRoles('pings among large messages are answered', async (t, role) => {
  const { subject, peer } = await connect(t, role, BOTH_ENDS);
  const inbound = messagesOf(subject, 2);
  const pong = eventOf(peer, 'pong');

  peer.send(LARGE);
  peer.ping('are you there?');
  peer.send(DENSE);

  assert.equal(`${(await pong)[0]}`, 'are you there?');
  assert.deepEqual(textsOf(await inbound), [LARGE, DENSE]);
});

testInRoles(
  'a large message that is no compressed data ends the connection',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { perMessageDeflate: true },
      headers: [EXTENSION],
    });
    const messages = [];
    subject.on('message', (data) => messages.push(`${data}`));
    const error = eventOf(subject, 'error');

    raw.send(
      { opcode: OPCODE.TEXT, payload: 'before' },
      { opcode: OPCODE.TEXT, rsv1: true, payload: Buffer.alloc(100_000, 0xff) },
      { opcode: OPCODE.TEXT, payload: 'behind' },
    );

    assert.equal((await error)[0].code, 'Z_DATA_ERROR');
    assert.deepEqual(messages, ['before']);
    await closeOf(subject);
  },
);

testInRoles(
  'maxPayload holds for what a large message inflates to',
  async (t, role) => {
    const { subject, peer } = await connect(t, role, {
      ...BOTH_ENDS,
      subject: { perMessageDeflate: true, maxPayload: 350 * 1024 },
    });
    const error = eventOf(subject, 'error');
    const closed = closeOf(peer);

    peer.send(LARGE);

    assert.equal((await error)[0].code, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
    assert.equal((await closed).code, 1009);
  },
);
