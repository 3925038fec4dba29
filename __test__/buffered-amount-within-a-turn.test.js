'use strict';

const assert = require('node:assert/strict');
const { connect, connectRaw, testInRoles } = require('./support/connections');
const { until } = require('./support/waiting');

testInRoles(
  'a program that sends only if nothing is buffered sends all of a turn',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const received = [];
    peer.on('message', (data) => received.push(`${data}`));

    for (let i = 0; i < 20; i++) {
      if (subject.bufferedAmount === 0) subject.send(`message ${i}`);
    }

    await until(() => received.length === 20, 'messages are missing');
    assert.equal(subject.bufferedAmount, 0);
  },
);

testInRoles(
  'a loop that sends as long as nothing is buffered comes to an end',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const message = Buffer.alloc(4000);
    let sent = 0;
    raw.socket.pause();

    while (subject.bufferedAmount === 0 && sent < 100_000) {
      subject.send(message);
      sent++;
    }

    assert.ok(sent < 100_000, `${sent} messages were sent`);
    subject.terminate();
  },
);
