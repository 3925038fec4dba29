'use strict';

const assert = require('node:assert/strict');
const { connect, testInRoles } = require('./support/connections');
const { closeOf } = require('./support/waiting');

testInRoles(
  'a Blob is sent when it has been read, and so is what waits behind it',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const received = [];
    peer.on('message', (data) => received.push(`${data}`));
    const closed = closeOf(peer);
    const blob = new Blob(['a Blob']);
    const told = [];

    subject.send(blob, (error) => told.push(error ?? 'first'));
    subject.send('behind it', (error) => told.push(error ?? 'second'));
    assert.equal(subject.bufferedAmount, 15);
    await blob.arrayBuffer();
    assert.equal(subject.bufferedAmount, 0);
    subject.terminate();
    await closed;

    assert.deepEqual(received, ['a Blob', 'behind it']);
    assert.deepEqual(told, ['first', 'second']);
  },
);
