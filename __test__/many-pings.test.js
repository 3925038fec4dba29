'use strict';

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { until } = require('./support/waiting');

const PINGS = 3000;
const MORE_THAN_SYSTEMS_BUFFER = 32 * 1024 * 1024;

testInRoles(
  'a peer that pings with each message and reads is not a flood',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    let messages = 0;
    let pings = 0;
    subject.on('message', () => messages++);
    subject.on('ping', () => pings++);
    let closeCode = null;
    subject.on('close', (code) => (closeCode = code));
    const frames = [
      { opcode: OPCODE.BINARY, payload: Buffer.alloc(1500) },
      { opcode: OPCODE.PING },
    ].map((frame) => raw.build(frame));
    const chunk = Buffer.concat(Array(10).fill(frames).flat());

    for (let i = 0; i < PINGS; i += 10) raw.socket.write(chunk);

    await until(
      () => raw.frames.length === PINGS || closeCode !== null,
      'pongs are missing',
    );
    assert.equal(closeCode, null);
    assert.deepEqual({ messages, pings }, { messages: PINGS, pings: PINGS });
  },
);

testInRoles(
  'a peer that pings and never reads is terminated',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { perMessageDeflate: false },
    });
    let pings = 0;
    subject.on('ping', () => pings++);
    let closeCode = null;
    subject.on('close', (code) => (closeCode = code));
    raw.socket.pause();
    subject.send(Buffer.alloc(MORE_THAN_SYSTEMS_BUFFER));

    // Few at a time: many pings in one read would be a flood by themselves.
    for (let sent = 0; closeCode === null && sent < 100 * PINGS; sent += 10) {
      raw.send(...Array(10).fill({ opcode: OPCODE.PING }));
      await until(
        () => pings === sent + 10 || subject.readyState !== subject.OPEN,
        'pings are missing',
      );
      await new Promise((resolve) => setImmediate(resolve));
    }

    await until(() => closeCode !== null, 'the connection goes on');
    assert.equal(closeCode, 1006);
    assert.ok(pings >= 60);
  },
);
