'use strict';

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { closeOf, messagesOf } = require('./support/waiting');

testInRoles(
  'what is sent while process.nextTick does nothing still leaves',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);

    withoutTicks(() => {
      subject.send('in time');
      subject.ping('soon');
    });
    subject.send('later');

    const frames = await raw.firstFrames(3);
    assert.deepEqual(
      frames.map(({ payload }) => payload.toString()),
      ['in time', 'soon', 'later'],
    );
  },
);

testInRoles(
  'a connection goes on after process.nextTick has done nothing for a while',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    withoutTicks(() => subject.send('meanwhile'));
    await raw.firstFrames(1);

    const received = messagesOf(subject, 1);
    const closed = closeOf(subject);
    raw.text('question');
    assert.equal((await received)[0].data.toString(), 'question');
    subject.send('answer');
    subject.close(1000);

    const [, answer, close] = await raw.firstFrames(3);
    assert.equal(answer.payload.toString(), 'answer');
    assert.equal(close.opcode, OPCODE.CLOSE);
    raw.close(1000);
    assert.equal((await closed).code, 1000);
  },
);

/** As test frameworks do that replace the timers of a process. */
function withoutTicks(action) {
  const { nextTick } = process;
  process.nextTick = () => {};
  try {
    action();
  } finally {
    process.nextTick = nextTick;
  }
}
