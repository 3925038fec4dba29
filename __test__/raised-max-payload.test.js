'use strict';

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');
const { closeOf, eventOf } = require('./support/waiting');

const options = { subject: { maxPayload: 10 } };

testInRoles(
  'a connection takes longer messages once its _maxPayload is raised',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, options);
    const message = eventOf(subject, 'message');

    subject._receiver._maxPayload = 100;
    raw.text('x'.repeat(100));

    assert.equal((await message)[0].length, 100);
  },
);

testInRoles('the raised _maxPayload is a limit, too', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role, options);
  const failed = eventOf(subject, 'error');
  const closed = closeOf(subject);

  subject._receiver._maxPayload = 100;
  raw.text('x'.repeat(101));

  assert.equal((await failed)[0].code, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
  assert.equal((await closed).code, 1006);
});
