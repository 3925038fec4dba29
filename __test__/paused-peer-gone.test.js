'use strict';

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');
const { closeOf } = require('./support/waiting');

for (const [what, leave] of [
  ['ends', (socket) => socket.destroy()],
  ['resets', (socket) => socket.resetAndDestroy()],
]) {
  testInRoles(
    `a peer that ${what} the connection is missed while paused`,
    async (t, role) => {
      const { subject, raw } = await connectRaw(t, role);
      const closed = closeOf(subject);

      subject.pause();
      leave(raw.socket);

      assert.deepEqual(await closed, { code: 1006, reason: '' });
    },
  );

  testInRoles(
    `a peer that ${what} the connection long after pause() is missed`,
    async (t, role) => {
      const { subject, raw } = await connectRaw(t, role);
      const closed = closeOf(subject);

      subject.pause();
      subject.ping();
      await raw.firstFrames(1);
      leave(raw.socket);

      assert.deepEqual(await closed, { code: 1006, reason: '' });
    },
  );
}
