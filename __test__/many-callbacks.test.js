'use strict';

const assert = require('node:assert/strict');
const { connect, testInRoles } = require('./support/connections');
const { messagesOf, until } = require('./support/waiting');

const COUNT = 150_000;
const PATIENCE_MS = 5000;

testInRoles(
  `${COUNT} callbacks that wait at once are called in order and soon`,
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const received = messagesOf(peer, COUNT);
    const called = [];

    for (let i = 0; i < COUNT; i++) {
      subject.send('x', (error) => called.push(error ? -1 : i));
    }

    await until(
      () => called.length >= COUNT,
      'callbacks are missing',
      PATIENCE_MS,
    );
    await received;
    assert.equal(called.length, COUNT);
    assert.equal(
      called.findIndex((number, i) => number !== i),
      -1,
    );
  },
);
