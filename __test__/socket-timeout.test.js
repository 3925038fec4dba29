'use strict';

const assert = require('node:assert/strict');
const { setTimeout: pass } = require('node:timers/promises');
const { connectRaw, testInRoles } = require('./support/connections');
const { eventOf, messagesOf } = require('./support/waiting');

const IDLE_MS = 150;
const BUSY_MS = 400;
const STEP_MS = 10;

const LARGE = 64 * 1024 * 1024;
const SLOW_IDLE_MS = 300;
const SLOW_BUSY_MS = 1000;

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

testInRoles(
  'setTimeout() of _socket lets a connection be whose peer reads slowly',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const { _socket: socket } = subject;
    let timeouts = 0;
    readSlowly(raw.socket);

    socket.setTimeout(SLOW_IDLE_MS, () => timeouts++);
    subject.send(Buffer.alloc(LARGE));
    await pass(SLOW_BUSY_MS);

    assert.ok(subject.bufferedAmount > 0);
    assert.equal(timeouts, 0);
  },
);

/** Some 20 MB per second. */
function readSlowly(socket) {
  socket.removeAllListeners('data');
  socket.on('data', () => {
    socket.pause();
    setTimeout(() => socket.resume(), 3);
  });
}
