'use strict';

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { connect, connectRaw, testInRoles } = require('./support/connections');
const { closeOf, eventOf, until } = require('./support/waiting');

const SIZE = 32 * 1024 * 1024;

testInRoles(
  '_socket says how much waits for a peer that does not read',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { perMessageDeflate: false },
    });
    const { _socket: socket } = subject;
    raw.socket.pause();
    assert.equal(socket.writableLength, 0);
    assert.equal(socket.writableNeedDrain, false);

    subject.send(Buffer.alloc(SIZE));
    await turns(20);

    assert.ok(socket.writableLength > SIZE / 2);
    assert.ok(socket.writableLength < SIZE + 100);
    assert.equal(socket.bufferSize, socket.writableLength);
    assert.equal(subject.bufferedAmount, socket.writableLength);
    assert.equal(socket.writableNeedDrain, true);
    assert.equal(socket.write(Buffer.from([0x89, 0])), false);

    const drained = eventOf(socket, 'drain');
    raw.socket.removeAllListeners('data');
    raw.socket.resume();
    await drained;
    await until(() => socket.writableLength === 0, 'something still waits');
    assert.equal(socket.writableNeedDrain, false);
    assert.equal(subject.bufferedAmount, 0);
  },
);

const SIGNS = {
  'the socket needs it': ({ _socket: socket }) => socket.writableNeedDrain,
  'much is buffered': ({ bufferedAmount, _socket: socket }) =>
    bufferedAmount > socket.writableHighWaterMark,
};

for (const [what, perMessageDeflate, size] of [
  ['messages', false, 100_000],
  ['long messages', false, 1024 * 1024],
  ['compressed messages', { threshold: 0 }, 100_000],
]) {
  for (const [sign, isFull] of Object.entries(SIGNS)) {
    testInRoles(
      `who waits for drain when ${sign} goes on: ${what}`,
      async (t, role) => {
        const { subject, peer } = await connect(t, role, {
          subject: { perMessageDeflate },
          peer: { perMessageDeflate },
        });
        let received = 0;
        peer.on('message', () => received++);

        for (let sent = 0; sent < 50; sent++) {
          subject.send(randomBytes(size));
          if (isFull(subject)) await eventOf(subject._socket, 'drain');
        }

        await until(() => received === 50, 'messages are missing');
        // The thread may count the last ones a little later.
        await until(() => subject.bufferedAmount === 0, 'something is left');
      },
    );
  }
}

testInRoles('nothing waits once the connection is closed', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role, {
    subject: { perMessageDeflate: false },
  });
  raw.socket.pause();
  const closed = closeOf(subject);

  subject.send(Buffer.alloc(SIZE));
  await turns(20);
  assert.ok(subject.bufferedAmount > 0);
  subject.terminate();

  await closed;
  assert.equal(subject.bufferedAmount, 0);
});

/** Gives everything that can be written the time to be. */
async function turns(count) {
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
