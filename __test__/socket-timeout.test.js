'use strict';

const assert = require('node:assert/strict');
const { setTimeout: pass } = require('node:timers/promises');
const { connectRaw, testInRoles } = require('./support/connections');
const { eventOf, messagesOf } = require('./support/waiting');

const IDLE_MS = 150;
const BUSY_MS = 400;
const STEP_MS = 10;

for (const [what, exchange] of [
  [
    'receives',
    async ({ subject, raw }) => {
      const received = messagesOf(subject, 1);
      raw.text('busy');
      await received;
    },
  ],
  ['sends', async ({ subject }) => subject.send('busy')],
]) {
  testInRoles(
    `setTimeout() of _socket lets a connection that ${what} be until it is idle`,
    async (t, role) => {
      const connection = await connectRaw(t, role);
      const { _socket: socket } = connection.subject;
      let timeouts = 0;

      assert.equal(
        socket.setTimeout(IDLE_MS, () => timeouts++),
        socket,
      );
      const start = performance.now();
      while (performance.now() - start < BUSY_MS) {
        await exchange(connection);
        await pass(STEP_MS);
      }
      assert.equal(timeouts, 0);

      await eventOf(socket, 'timeout');
      assert.equal(timeouts, 1);
      assert.equal(socket.destroyed, false);
    },
  );
}
