'use strict';

// A peer pings as fast as it can and reads none of the pongs, which pile up in memory.

const assert = require('node:assert/strict');
const { testInRoles } = require('../support/connections');
const { OPCODE } = require('../support/frames');
const { MIB, startVictim } = require('../support/victim');

const PAYLOAD = Buffer.alloc(125, 'ping');

for (const [what, count] of [
  ['as many pings at once as a socket takes', 500],
  ['few pings at once', 50],
]) {
  testInRoles(
    `${what} of a peer that never reads are answered in bounded memory`,
    async (t, role) => {
      const { raw, usage, line } = await startVictim(t, role);
      const before = await usage('collect');
      const ping = raw.build({ opcode: OPCODE.PING, payload: PAYLOAD });
      const chunk = Buffer.concat(Array(count).fill(ping));
      raw.socket.pause();
      let sent = 0;

      const closed = line('close ');
      let isOver = false;
      closed.then(
        () => (isOver = true),
        () => (isOver = true),
      );
      while (!isOver && !raw.socket.destroyed && sent < 512 * MIB) {
        sent += chunk.length;
        const takesMore = raw.socket.write(chunk);
        // Also when it takes more: what is sent should be read before the next.
        await (takesMore ? aTurn() : drained(raw.socket));
      }

      assert.equal(await closed, '1006');
      const { peak } = await usage();
      assert.ok(peak - before.peak < 64 * MIB, `${peak - before.peak}`);
    },
  );
}

testInRoles(
  'a program that answers pings itself is left alone',
  async (t, role) => {
    const { raw, usage } = await startVictim(t, role, { autoPong: false });
    const ping = raw.build({ opcode: OPCODE.PING, payload: PAYLOAD });
    const before = await usage('collect');
    raw.socket.pause();

    await new Promise((resolve) => {
      raw.socket.write(Buffer.concat(Array(100_000).fill(ping)), resolve);
    });
    let after;
    do after = await usage('collect');
    while (after.ping < 100_000 && after.close === 0);

    assert.equal(after.ping, 100_000);
    assert.ok(after.peak - before.peak < 64 * MIB);
    assert.ok(after.heapUsed - before.heapUsed < 8 * MIB);
  },
);

function aTurn() {
  return new Promise(setImmediate);
}

/** The socket has written what it had, or is gone. */
function drained(socket) {
  return new Promise((resolve) => {
    const done = () => {
      socket.removeListener('drain', done);
      socket.removeListener('close', done);
      clearTimeout(timer);
      resolve();
    };
    // It may never be read again: then only the end of the victim tells.
    const timer = setTimeout(done, 50);
    socket.once('drain', done);
    socket.once('close', done);
  });
}
