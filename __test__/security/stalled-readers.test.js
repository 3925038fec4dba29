'use strict';

// A peer that stops reading. As with `ws`, what is sent to it waits in memory without a limit by
// default: `bufferedAmount` tells how much, and a program that asks can end it.

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('../support/connections');
const { OPCODE } = require('../support/frames');
const { createWebSocketStream } = require('../support/subject');
const { closeOf, until } = require('../support/waiting');

const MIB = 1024 * 1024;

testInRoles(
  'bufferedAmount tells what a peer has not read, and falls when it does',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { perMessageDeflate: false },
    });
    raw.socket.pause();
    let called = 0;

    for (let i = 0; i < 32; i++) {
      subject.send(Buffer.alloc(MIB), () => called++);
      await new Promise(setImmediate);
    }

    assert.ok(subject.bufferedAmount > 8 * MIB, `${subject.bufferedAmount}`);
    assert.ok(called < 32);
    assert.equal(subject.readyState, subject.OPEN);
    raw.socket.resume();
    await until(() => called === 32, 'callbacks are missing');
    await until(() => subject.bufferedAmount === 0, 'bytes are left');
    await raw.firstFrames(32);
  },
);

testInRoles(
  'a program that looks at bufferedAmount ends a peer that does not read',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { perMessageDeflate: false },
    });
    raw.socket.pause();
    const closed = closeOf(subject);
    let sent = 0;

    while (subject.readyState === subject.OPEN) {
      if (subject.bufferedAmount > 4 * MIB) subject.terminate();
      else subject.send(Buffer.alloc(MIB), () => {});
      assert.ok(++sent < 200);
      await new Promise(setImmediate);
    }

    assert.equal((await closed).code, 1006);
  },
);

testInRoles(
  'a peer that does not read is heard all the same',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { perMessageDeflate: false },
    });
    raw.socket.pause();
    subject.send(Buffer.alloc(32 * MIB));
    let received = 0;
    subject.on('message', () => received++);

    for (let i = 0; i < 100; i++) raw.text('still here');

    await until(() => received === 100, 'messages are missing');
  },
);

testInRoles(
  'a closing handshake with a peer that does not read ends in time',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { closeTimeout: 200, perMessageDeflate: false },
    });
    raw.socket.pause();
    const closed = closeOf(subject);
    subject.send(Buffer.alloc(32 * MIB));

    subject.close(1000);

    assert.equal((await closed).code, 1006);
  },
);

testInRoles(
  'a stream over a WebSocket makes its writer wait',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { perMessageDeflate: false },
    });
    raw.socket.pause();
    const stream = createWebSocketStream(subject);
    stream.on('error', () => {});
    let written = 0;

    while (written < 64 * MIB && stream.write(Buffer.alloc(16 * 1024))) {
      written += 16 * 1024;
      await new Promise(setImmediate);
    }

    assert.ok(written < 64 * MIB, `${written}`);
    subject.terminate();
    await closeOf(subject);
  },
);

testInRoles(
  'messages that a program does not take wait with the peer',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    let received = 0;
    subject.on('message', () => received++);
    subject.pause();
    let written = 0;
    const frame = raw.build({
      opcode: OPCODE.BINARY,
      payload: Buffer.alloc(64 * 1024),
    });

    // As much as the systems' buffers take.
    for (let i = 0; i < 1024 && raw.socket.writableLength < MIB; i++) {
      raw.socket.write(frame);
      written++;
      await new Promise(setImmediate);
    }

    assert.ok(written < 1024, `${written}`);
    assert.ok(received <= 2, `${received}`);
    subject.resume();
    await until(() => received === written, 'messages are missing');
  },
);
