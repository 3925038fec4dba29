'use strict';

const assert = require('node:assert/strict');
const { connect, testInRoles } = require('./support/connections');
const { closeOf, eventOf } = require('./support/waiting');

testInRoles(
  'what cannot be sent behind a Blob is an error of the connection',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const received = [];
    peer.on('message', (data) => received.push(`${data}`));
    const failed = eventOf(subject, 'error');
    const closed = Promise.all([closeOf(subject), closeOf(peer)]);

    subject.send(new Blob(['a Blob']));
    // No function: a stream takes it for an encoding when it is written.
    subject.send('no callback', {}, {});
    const told = new Promise((resolve) => {
      subject.send('behind it', resolve);
    });

    const [error] = await failed;
    assert.equal(error.code, 'ERR_UNKNOWN_ENCODING');
    assert.equal(await told, error);
    const [{ code }] = await closed;
    assert.equal(code, 1006);
    assert.deepEqual(received, ['a Blob']);
  },
);
