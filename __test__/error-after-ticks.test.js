'use strict';

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { eventOf } = require('./support/waiting');

testInRoles(
  'an error comes after what listeners put into the next tick before it',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const order = [];
    subject.on('message', (data) => {
      order.push(data.toString());
      process.nextTick(() => order.push(`tick of ${data}`));
    });
    subject.on('error', (error) => order.push(error.code));

    raw.send(
      { opcode: OPCODE.TEXT, payload: 'first' },
      { opcode: OPCODE.TEXT, payload: 'second' },
      { opcode: 3 },
    );

    await eventOf(subject, 'close');
    assert.deepEqual(order, [
      'first',
      'second',
      'tick of first',
      'tick of second',
      'WS_ERR_INVALID_OPCODE',
    ]);
  },
);
