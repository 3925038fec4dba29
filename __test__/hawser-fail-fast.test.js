'use strict';

// hawser only: `ws` looks at the text of a message once all of it is there.

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { closeOf, eventOf } = require('./support/waiting');

testInRoles(
  'invalid UTF-8 is an error before its frame is complete',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const failed = eventOf(subject, 'error');
    const closed = closeOf(subject);

    raw.send({
      opcode: OPCODE.TEXT,
      payload: Buffer.from([0x61, 0xff]),
      length: 1000,
    });

    assertInvalid(await failed);
    assert.equal((await closed).code, 1006);
    await raw.end();
    assert.equal(raw.closeCode, 1007);
  },
);

testInRoles(
  'invalid UTF-8 is an error before its message is complete',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const failed = eventOf(subject, 'error');

    raw.send(
      { opcode: OPCODE.TEXT, payload: Buffer.from([0xe2, 0x82]), fin: false },
      { opcode: OPCODE.CONTINUATION, payload: 'a', fin: false },
    );

    assertInvalid(await failed);
    await raw.end();
    assert.equal(raw.closeCode, 1007);
  },
);

testInRoles(
  'a character that may still be completed is no error',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const message = eventOf(subject, 'message');

    raw.send({
      opcode: OPCODE.TEXT,
      payload: Buffer.from([0xf0, 0x9f]),
      fin: false,
    });
    raw.send({ opcode: OPCODE.PING });
    await raw.firstFrames(1);
    raw.send({
      opcode: OPCODE.CONTINUATION,
      payload: Buffer.from([0x98, 0x80]),
    });

    assert.equal((await message)[0].toString(), '😀');
  },
);

testInRoles(
  'binary and unvalidated text are not looked at',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { skipUTF8Validation: true },
    });
    let received = 0;
    subject.on('message', () => received++);

    for (const opcode of [OPCODE.TEXT, OPCODE.BINARY]) {
      raw.send(
        { opcode, payload: Buffer.from([0xff]), fin: false },
        { opcode: OPCODE.CONTINUATION, payload: Buffer.from([0xfe]) },
      );
    }
    raw.close(1000);

    await eventOf(subject, 'close');
    assert.equal(received, 2);
  },
);

function assertInvalid([error]) {
  assert.equal(error.code, 'WS_ERR_INVALID_UTF8');
  assert.equal(
    error.message,
    'Invalid WebSocket frame: invalid UTF-8 sequence',
  );
  assert.equal(error.name, 'Error');
}
