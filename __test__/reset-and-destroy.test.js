'use strict';

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');
const { closeOf, eventOf } = require('./support/waiting');

testInRoles(
  'resetAndDestroy() of _socket resets the connection of the peer',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const closed = closeOf(subject);
    const failed = eventOf(raw.socket, 'error');

    assert.equal(subject._socket.resetAndDestroy(), subject._socket);

    assert.equal((await failed)[0].code, 'ECONNRESET');
    assert.deepEqual(await closed, { code: 1006, reason: '' });
    assert.equal(subject._socket.destroyed, true);
  },
);
