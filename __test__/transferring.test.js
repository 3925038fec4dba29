'use strict';

const assert = require('node:assert/strict');
const { connect, testInRoles } = require('./support/connections');
const { eventOf } = require('./support/waiting');

for (const size of [100, 100_000, 1024 * 1024]) {
  testInRoles(
    `an ArrayBuffer of ${size} bytes that was received can be transferred`,
    async (t, role) => {
      const { subject, peer } = await connect(t, role);
      subject.binaryType = 'arraybuffer';
      const received = eventOf(subject, 'message');
      const sent = Buffer.alloc(size, 'transferred');

      peer.send(sent);

      const [message] = await received;
      const copy = structuredClone(message, { transfer: [message] });
      assert.equal(message.byteLength, 0);
      assert.ok(sent.equals(Buffer.from(copy)));
    },
  );
}

testInRoles(
  'transferring one ArrayBuffer leaves other messages as they are',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    subject.binaryType = 'arraybuffer';
    const messages = [];
    subject.on('message', (data) => {
      messages.push(data);
      if (messages.length % 2 === 0)
        structuredClone(data, { transfer: [data] });
    });

    for (let i = 0; i < 100; i++) peer.send(Buffer.alloc(50, i));
    peer.close();

    await eventOf(subject, 'close');
    assert.equal(messages.length, 100);
    messages.forEach((message, i) => {
      if (i % 2 === 1) assert.equal(message.byteLength, 0);
      else assert.deepEqual(Buffer.from(message), Buffer.alloc(50, i));
    });
  },
);

testInRoles(
  'the memory of a Buffer of 200000 bytes is its own, and can be transferred',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const received = eventOf(subject, 'message');
    const sent = Buffer.alloc(200_000, 'transferred');

    peer.send(sent);

    const [message] = await received;
    assert.equal(message.buffer.byteLength, sent.length);
    const copy = structuredClone(message.buffer, {
      transfer: [message.buffer],
    });
    assert.equal(message.length, 0);
    assert.ok(sent.equals(Buffer.from(copy)));
  },
);
