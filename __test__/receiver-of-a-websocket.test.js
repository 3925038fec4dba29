'use strict';

const assert = require('node:assert/strict');
const { Writable } = require('node:stream');
const { connect, connectRaw, testInRoles } = require('./support/connections');
const { OPCODE, buildFrame } = require('./support/frames');
const { eventOf, until } = require('./support/waiting');

testInRoles(
  'the receiver is a stream, and always the same',
  async (t, role) => {
    const { subject } = await connect(t, role);

    assert.ok(subject._receiver instanceof Writable);
    assert.equal(subject._receiver, subject._receiver);
    assert.equal(subject._receiver._isServer, role === 'server');
  },
);

testInRoles('its events can be listened to', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const heard = [];
  subject._receiver.on('message', (data, isBinary) => {
    heard.push(['receiver', `${data}`, isBinary]);
  });
  subject.on('message', (data, isBinary) => {
    heard.push(['websocket', `${data}`, isBinary]);
  });

  peer.send('hello');

  await until(() => heard.length === 2, 'events are missing');
  assert.deepEqual(heard, [
    ['websocket', 'hello', false],
    ['receiver', 'hello', false],
  ]);
});

testInRoles('without its ping listener no pong is sent', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const pongs = [];
  subject._receiver.removeAllListeners('ping');
  peer.on('pong', (data) => pongs.push(`${data}`));

  peer.ping('unanswered');
  peer.send('after the ping');
  await eventOf(subject, 'message');
  subject.send('after the message');
  await eventOf(peer, 'message');

  assert.deepEqual(pongs, []);
});

testInRoles(
  'without its conclude listener a close frame is not answered',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    subject._receiver.removeAllListeners('conclude');
    const concluded = eventOf(subject._receiver, 'conclude');

    peer.close(1000, 'bye');

    const [code, reason] = await concluded;
    assert.equal(code, 1000);
    assert.equal(`${reason}`, 'bye');
    assert.equal(subject.readyState, subject.OPEN);
    peer.terminate();
    await eventOf(subject, 'close');
  },
);

testInRoles('its limits and checks can be changed', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const receiver = subject._receiver;

  receiver._skipUTF8Validation = true;
  receiver._maxPayload = 1000;
  assert.equal(receiver._skipUTF8Validation, true);
  assert.equal(receiver._maxPayload, 1000);
  peer.send(Buffer.from([0xff, 0xfe]), { binary: false });

  const [data, isBinary] = await eventOf(subject, 'message');
  assert.deepEqual([...data], [0xff, 0xfe]);
  assert.equal(isBinary, false);
});

testInRoles('a violation is an error of both', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const heard = [];
  subject._receiver.on('error', (error) => heard.push(error));
  subject.on('error', (error) => heard.push(error));

  raw.send({ opcode: 3 });

  await eventOf(subject, 'close');
  assert.equal(heard.length, 2);
  assert.equal(heard[0], heard[1]);
  assert.equal(heard[0].code, 'WS_ERR_INVALID_OPCODE');
});

testInRoles(
  'bytes that a listener writes to it take nothing from those that came with its message',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { perMessageDeflate: true },
      headers: ['Sec-WebSocket-Extensions: permessage-deflate'],
    });
    const count = 5000;
    const frames = Array.from({ length: count }, (_, i) => `${i}`);
    const heard = [];
    subject.on('message', (data) => heard.push(data.toString()));
    subject.once('message', () => {
      // Large enough to have the connection compress it elsewhere.
      subject.send('a'.repeat(200_000));
      const inner = { opcode: OPCODE.TEXT, payload: 'inner' };
      subject._receiver.write(
        buildFrame({ ...inner, mask: role === 'server' }),
      );
    });

    raw.send(...frames.map((payload) => ({ opcode: OPCODE.TEXT, payload })));
    await until(() => heard.length > count, 'messages are missing');

    assert.deepEqual(
      heard.filter((text) => text !== 'inner'),
      frames,
    );
  },
);
