'use strict';

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');
const { OPCODE, closePayload } = require('./support/frames');
const { closeOf } = require('./support/waiting');

testInRoles(
  'what was not read for a pause is heard when closeTimeout ends it',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { closeTimeout: 50 },
    });
    const events = [];
    subject.on('message', (data) => events.push(data.toString()));
    const closed = closeOf(subject);

    subject.pause();
    raw.write(
      Buffer.concat([
        raw.build({ opcode: OPCODE.TEXT, payload: 'last words' }),
        raw.build({ opcode: OPCODE.CLOSE, payload: closePayload(4000, 'bye') }),
      ]),
    );
    subject.close();

    assert.deepEqual(await closed, { code: 4000, reason: 'bye' });
    assert.deepEqual(events, ['last words']);
  },
);
