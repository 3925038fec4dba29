'use strict';

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');
const { closeOf, within } = require('./support/waiting');

testInRoles(
  'what is sent right before destroy() of _socket is written without an error',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const closed = closeOf(subject);

    const outcome = new Promise((resolve) => subject.send('last', resolve));
    subject._socket.destroy();

    const error = await within(outcome, 'the callback was not called');
    assert.equal(error ?? null, null);
    const [frame] = await raw.firstFrames(1);
    assert.equal(frame.payload.toString(), 'last');
    assert.equal((await closed).code, 1006);
  },
);
