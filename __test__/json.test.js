'use strict';

const assert = require('node:assert/strict');
const { connect, testInRoles } = require('./support/connections');
const { eventOf } = require('./support/waiting');

testInRoles(
  'a WebSocket can be made JSON, in each of its states',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);

    // What hawser makes only when it is asked for is asked for one by one.
    assertJson(subject);
    assertJson(subject._socket);
    assertJson(subject);
    assertJson(subject._receiver);
    assertJson(subject);

    const closed = eventOf(subject, 'close');
    peer.close();
    await closed;
    assertJson(subject);
  },
);

function assertJson(value) {
  const { constructor } = value;

  assert.equal(
    typeof JSON.parse(JSON.stringify(value)),
    'object',
    constructor.name,
  );
}
