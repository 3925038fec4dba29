'use strict';

const assert = require('node:assert/strict');
const { setImmediate: nextTurn } = require('node:timers/promises');
const { connectRaw, testInRoles } = require('./support/connections');

testInRoles(
  'frames sent while the socket is corked leave when it is uncorked',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const socket = subject._socket;

    socket.cork();
    subject.send('one');
    subject.ping('two');
    for (let i = 0; i < 20; i++) await nextTurn();
    assert.equal(raw.frames.length, 0);
    assert.ok(subject.bufferedAmount > 0);

    socket.uncork();
    const frames = await raw.firstFrames(2);
    assert.deepEqual(
      frames.map(({ payload }) => `${payload}`),
      ['one', 'two'],
    );
  },
);

testInRoles(
  'frames around a cork leave in the order they were sent',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);

    subject.send('one');
    subject._socket.cork();
    subject.send('two', { fin: false });
    subject.send('three');
    subject._socket.uncork();
    subject.send('four');

    const frames = await raw.firstFrames(4);
    assert.deepEqual(
      frames.map(({ opcode, payload }) => [opcode, `${payload}`]),
      [
        [1, 'one'],
        [1, 'two'],
        [0, 'three'],
        [1, 'four'],
      ],
    );
  },
);
