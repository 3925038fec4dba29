'use strict';

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { eventOf } = require('./support/waiting');

// Other systems throw away what was received when a reset comes.
const KEEPS_DATA = process.platform === 'linux';

for (const size of [10, 30_000]) {
  testInRoles(
    `a message of ${size} bytes is delivered though a reset is behind it`,
    async (t, role) => {
      const { subject, raw } = await connectRaw(t, role);
      const events = recordEvents(subject);
      const closed = eventOf(subject, 'close');

      await sendAndReset(raw, size);

      await closed;
      assertEvents(events, size);
    },
  );
}

testInRoles(
  'a message and a reset that came while paused are not lost',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const events = recordEvents(subject);
    const closed = eventOf(subject, 'close');

    subject.pause();
    await sendAndReset(raw, 1000);
    await new Promise((resolve) => setImmediate(resolve));
    subject.resume();

    await closed;
    assertEvents(events, 1000);
  },
);

function recordEvents(subject) {
  const events = [];
  subject.on('message', (data) => events.push(data.length));
  subject.on('close', (code) => events.push(code));
  return events;
}

async function sendAndReset(raw, size) {
  const frame = raw.build({
    opcode: OPCODE.BINARY,
    payload: Buffer.alloc(size),
  });
  // Written at once: when the reset is sent the system has all of it.
  await new Promise((resolve) => raw.socket.write(frame, resolve));
  raw.socket.resetAndDestroy();
  await raw.end();
}

function assertEvents(events, size) {
  if (KEEPS_DATA) assert.deepEqual(events, [size, 1006]);
  else assert.equal(events.at(-1), 1006);
}
