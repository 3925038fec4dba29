'use strict';

// Frames that are masked, or not, as only the other end's may be: nothing of them is delivered, nor
// anything behind them.

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('../support/connections');
const { OPCODE, closePayload } = require('../support/frames');
const { eventOf } = require('../support/waiting');

const WRONG = {
  server: 'WS_ERR_EXPECTED_MASK',
  client: 'WS_ERR_UNEXPECTED_MASK',
};

for (const [what, frame] of [
  ['message', { opcode: OPCODE.TEXT, payload: 'forged' }],
  ['large message', { opcode: OPCODE.BINARY, payload: Buffer.alloc(200_000) }],
  ['fragment', { opcode: OPCODE.TEXT, payload: 'forged', fin: false }],
  ['ping', { opcode: OPCODE.PING, payload: 'forged' }],
  ['pong', { opcode: OPCODE.PONG }],
  ['close frame', { opcode: OPCODE.CLOSE, payload: closePayload(1000) }],
]) {
  for (const together of [true, false]) {
    const how = together ? 'with others' : 'by itself';

    testInRoles(
      `a ${what} of the wrong kind, sent ${how}, is not delivered`,
      async (t, role) => {
        const { subject, raw } = await connectRaw(t, role);
        const events = [];
        for (const event of ['message', 'ping', 'pong']) {
          subject.on(event, (data) => events.push([event, `${data}`]));
        }
        subject.on('error', () => events.push(['error']));
        const failed = eventOf(subject, 'error');
        const closed = eventOf(subject, 'close');
        const mask = role === 'client';

        const before = raw.build({ opcode: OPCODE.TEXT, payload: 'before' });
        const forged = raw.build({ ...frame, mask });
        const after = raw.build({ opcode: OPCODE.TEXT, payload: 'after' });
        if (together) raw.write(before, forged, after);
        else for (const piece of [before, forged, after]) raw.write(piece);

        assert.equal((await failed)[0].code, WRONG[role]);
        await raw.end();
        assert.equal(raw.closeCode, 1002);
        assert.equal((await closed)[0], 1006);
        assert.deepEqual(events, [['message', 'before'], ['error']]);
      },
    );
  }
}

testInRoles(
  'a continuation of the wrong kind ends the message that it belongs to',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    subject.on('message', () => assert.fail('it is not complete'));
    const failed = eventOf(subject, 'error');
    const fragment = { payload: 'x', fin: false };

    raw.send({ ...fragment, opcode: OPCODE.TEXT });
    raw.send({
      opcode: OPCODE.CONTINUATION,
      payload: 'y',
      mask: role === 'client',
    });

    assert.equal((await failed)[0].code, WRONG[role]);
    await raw.end();
    assert.equal(raw.closeCode, 1002);
  },
);

testInRoles(
  'a masking key of zeros is as good as any other',
  async (t) => {
    const { subject, raw } = await connectRaw(t, 'server');
    const received = eventOf(subject, 'message');

    raw.send({ opcode: OPCODE.TEXT, payload: 'text', mask: Buffer.alloc(4) });

    assert.equal(`${(await received)[0]}`, 'text');
  },
  ['server'],
);

testInRoles(
  'masking keys of a client do not repeat, nor count',
  async (t) => {
    const { subject, raw } = await connectRaw(t, 'client', {
      subject: { perMessageDeflate: false },
    });
    const count = 20_000;

    for (let i = 0; i < count; i++) subject.send('x');

    const frames = await raw.firstFrames(count);
    const keys = frames.map(({ mask }) => mask.readUInt32BE(0));
    // Of so many random keys about 0.05 are drawn twice.
    assert.ok(new Set(keys).size >= count - 5);
    const steps = new Set(keys.map((key, i) => (key - keys[i - 1]) >>> 0));
    assert.ok(steps.size >= count - 10);
    for (let bit = 0; bit < 32; bit++) {
      const ones = keys.filter((key) => (key >>> bit) & 1).length;
      assert.ok(ones > 0.45 * count && ones < 0.55 * count, `bit ${bit}`);
    }
  },
  ['client'],
);
