'use strict';

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { eventOf, until } = require('./support/waiting');

testInRoles(
  "listeners to the socket's data hear what is read, behind the messages",
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const heard = [];
    let bytes = 0;
    subject.on('message', () => heard.push('message'));
    subject._socket.on('data', (chunk) => {
      heard.push('data');
      bytes += chunk.length;
    });

    const payload = 'x'.repeat(100);
    raw.send({ opcode: OPCODE.TEXT, payload });
    await until(() => heard.length === 2, 'events are missing');

    assert.deepEqual(heard, ['message', 'data']);
    assert.equal(bytes, 2 + (role === 'server' ? 4 : 0) + 100);
  },
);

testInRoles('they hear the first byte of a frame', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const heard = eventOf(subject._socket, 'data');

  raw.send({ opcode: OPCODE.PONG, payload: 'here' });

  const [chunk] = await heard;
  assert.equal(chunk[0], 0x8a);
});

testInRoles('they hear large messages completely', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const payload = Buffer.alloc(3_000_000, 'z');
  let bytes = 0;
  let isComplete = false;
  subject._socket.on('data', (chunk) => (bytes += chunk.length));
  subject.on('message', (data) => (isComplete = data.equals(payload)));

  raw.send({ opcode: OPCODE.BINARY, payload });
  const expected = payload.length + 10 + (role === 'server' ? 4 : 0);
  await until(() => bytes === expected, `not ${expected} bytes`);

  assert.ok(isComplete);
});

testInRoles('a listener that is gone hears no more', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  let calls = 0;
  const count = () => calls++;
  subject._socket.on('data', count);
  raw.send({ opcode: OPCODE.TEXT, payload: '1' });
  await until(() => calls === 1, 'no data');

  subject._socket.removeListener('data', count);
  raw.send({ opcode: OPCODE.TEXT, payload: '2' });
  await eventOf(subject, 'message');
  raw.send({ opcode: OPCODE.TEXT, payload: '3' });
  await eventOf(subject, 'message');

  assert.equal(calls, 1);
});
