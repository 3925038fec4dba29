'use strict';

const assert = require('node:assert/strict');
const { connect, testInRoles } = require('./support/connections');
const { eventOf, until } = require('./support/waiting');

testInRoles(
  'terminate() calls no callback before it returns',
  async (t, role) => {
    const { subject } = await connect(t, role);
    const closed = eventOf(subject, 'close');
    let isWithin = true;
    const calls = [];
    const note = () => calls.push(isWithin);

    subject.send('a', note);
    subject.ping('b', note);
    subject.send(Buffer.alloc(100_000), note);
    subject.terminate();
    isWithin = false;

    await closed;
    await until(() => calls.length >= 3, 'a callback was not called');
    assert.deepEqual(calls, [false, false, false]);
  },
);

testInRoles(
  'what is no function is refused as a callback of what is sent too late',
  async (t, role) => {
    const { subject } = await connect(t, role);
    const closed = eventOf(subject, 'close');
    subject.terminate();

    for (const callback of [{}, 'callback', 1]) {
      const refused = { code: 'ERR_INVALID_ARG_TYPE' };
      assert.throws(() => subject.send('a', {}, callback), refused);
      assert.throws(() => subject.ping('a', false, callback), refused);
    }
    await closed;
  },
);
