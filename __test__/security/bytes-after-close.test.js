'use strict';

// What follows a close frame, or a fault, is read and ignored: it is neither delivered, nor answered,
// nor kept.

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { connectRaw, testInRoles } = require('../support/connections');
const { OPCODE, closePayload } = require('../support/frames');
const { MIB, pour, startVictim } = require('../support/victim');
const { closeOf, until } = require('../support/waiting');

const CLOSE = { opcode: OPCODE.CLOSE, payload: closePayload(1000, 'over') };

const behind = {
  'a message': (raw) => raw.build({ opcode: OPCODE.TEXT, payload: 'late' }),
  'another close frame': (raw) =>
    raw.build({ opcode: OPCODE.CLOSE, payload: closePayload(3000, 'again') }),
  'a ping': (raw) => raw.build({ opcode: OPCODE.PING, payload: 'late' }),
  'a fault': (raw) => raw.build({ opcode: 0x3 }),
  'half a frame': (raw) =>
    raw.build({ opcode: OPCODE.TEXT, payload: 'late' }).subarray(0, 3),
  'bytes at random': () => randomBytes(1000),
  'an HTTP request': () => Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
};

for (const [what, make] of Object.entries(behind)) {
  for (const together of [true, false]) {
    const how = together ? 'in the same write' : 'later';

    testInRoles(
      `${what} behind a close frame, ${how}, is ignored`,
      async (t, role) => {
        const { subject, raw } = await connectRaw(t, role);
        const events = [];
        for (const event of ['message', 'ping', 'pong', 'error']) {
          subject.on(event, () => events.push(event));
        }
        const closed = closeOf(subject);

        if (together) raw.write(raw.build(CLOSE), make(raw));
        else {
          raw.send(CLOSE);
          raw.write(make(raw));
        }

        assert.deepEqual(await closed, { code: 1000, reason: 'over' });
        await raw.end();
        assert.deepEqual(events, []);
        assert.deepEqual(
          raw.frames.map(({ opcode }) => opcode),
          [OPCODE.CLOSE],
        );
      },
    );
  }
}

for (const [what, frame] of [
  ['a close frame', CLOSE],
  ['a fault', { opcode: 0x3 }],
]) {
  testInRoles(`a flood behind ${what} is not kept`, async (t, role) => {
    const { raw, usage } = await startVictim(t, role);
    const before = await usage('collect');
    const message = raw.build({
      opcode: OPCODE.BINARY,
      payload: Buffer.alloc(60_000),
    });
    // Half-open: the flood goes on although the victim has ended.
    raw.socket.allowHalfOpen = true;

    raw.send(frame);
    await pour(raw, Buffer.concat(Array(16).fill(message)), 100);

    let after;
    // Node gives memory back a little later than it was collected.
    await until(async () => {
      after = await usage('collect');
      return inUse(after) - inUse(before) < 8 * MIB;
    }, 'the flood is kept');
    assert.equal(after.message, 0);
    const grown = after.peak - before.peak;
    assert.ok(grown < 200 * MIB, `${grown}`);
  });
}

testInRoles(
  'a close frame that breaks a rule is answered, and not believed',
  async (t, role) => {
    for (const [payload, code] of [
      [Buffer.from([3]), 1002],
      [closePayload(0), 1002],
      [closePayload(999), 1002],
      [closePayload(1004), 1002],
      [closePayload(1005), 1002],
      [closePayload(1006), 1002],
      [closePayload(1015), 1002],
      [closePayload(2999), 1002],
      [closePayload(5000), 1002],
      [closePayload(65535), 1002],
      [closePayload(1000, Buffer.from([0xff])), 1007],
      [closePayload(1000, Buffer.from([0xc3])), 1007],
    ]) {
      const { subject, raw } = await connectRaw(t, role);
      const errors = [];
      subject.on('error', (error) => errors.push(error));
      const closed = closeOf(subject);

      raw.send({ opcode: OPCODE.CLOSE, payload });

      assert.deepEqual(await closed, { code: 1006, reason: '' });
      await raw.end();
      assert.equal(raw.closeCode, code);
      assert.equal(errors.length, 1);
    }
  },
);

function inUse({ external, heapUsed }) {
  return external + heapUsed;
}
