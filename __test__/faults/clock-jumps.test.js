'use strict';

const assert = require('node:assert/strict');
const { connect, connectRaw, testInRoles } = require('../support/connections');
const { closeOf, messagesOf } = require('../support/waiting');

const DAY_MS = 86_400_000;

for (const [direction, distance] of [
  ['ahead', 30 * DAY_MS],
  ['back', -30 * DAY_MS],
]) {
  testInRoles(
    `messages and the closing handshake do not mind a clock that jumps ${direction}`,
    async (t, role) => {
      const { subject, peer } = await connect(t, role);
      subject.on('message', (data) => subject.send(data));
      jump(t, distance);

      for (let i = 0; i < 20; i++) peer.send(`${i}`);

      assert.equal((await messagesOf(peer, 20)).at(-1).data.toString(), '19');
      const closed = Promise.all([closeOf(subject), closeOf(peer)]);
      subject.close(1000);
      assert.deepEqual(
        (await closed).map(({ code }) => code),
        [1000, 1000],
      );
    },
  );

  testInRoles(
    `closeTimeout is as long as ever when the clock jumps ${direction}`,
    async (t, role) => {
      const { subject, raw } = await connectRaw(t, role, {
        subject: { closeTimeout: 300 },
      });
      const began = performance.now();
      subject.close();
      jump(t, distance);

      const { code } = await closeOf(subject);

      assert.equal(code, 1006);
      // Timers may be a millisecond early.
      assert.ok(performance.now() - began > 298, 'it came early');
      await raw.end();
    },
  );
}

/** Only what reads the wall clock notices: the system's own cannot be changed in a test. */
function jump(t, distance) {
  const { now } = Date;
  t.mock.method(Date, 'now', () => now() + distance);
}
