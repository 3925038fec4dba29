'use strict';

const assert = require('node:assert/strict');
const { connect, testInRoles } = require('./support/connections');
const { eventOf, until } = require('./support/waiting');

testInRoles(
  'a replaced sendFrame() sees every frame, and can pass it on',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const opcodes = [];
    const sender = subject._sender;
    const original = sender.sendFrame.bind(sender);
    const received = [];
    peer.on('message', (data) => received.push(`${data}`));
    peer.on('ping', (data) => received.push(`ping ${data}`));
    sender.sendFrame = (list, callback) => {
      opcodes.push(list[0][0] & 0x0f);
      original(list, callback);
    };

    const written = new Promise((resolve) => subject.send('text', resolve));
    subject.send(Buffer.from('bytes'));
    subject.send('a', { fin: false });
    subject.send('b');
    subject.ping('here');
    subject.close(1000);

    await Promise.all([written, eventOf(peer, 'close')]);
    assert.deepEqual(opcodes, [1, 2, 1, 0, 9, 8]);
    assert.deepEqual(received, ['text', 'bytes', 'ab', 'ping here']);
  },
);

testInRoles('a replaced sendFrame() may keep a frame back', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const received = [];
  const sender = subject._sender;
  peer.on('message', (data) => received.push(`${data}`));

  sender.sendFrame = () => {};
  subject.send('lost');
  delete sender.sendFrame;
  subject.send('found');

  await until(() => received.length > 0, 'no message');
  assert.deepEqual(received, ['found']);
});
