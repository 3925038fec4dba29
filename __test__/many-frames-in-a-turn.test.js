'use strict';

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');

/** Buffers that systems take in one call (IOV_MAX); Wine fails with more. */
const AT_ONCE = 1024;

testInRoles(
  'the frames of a turn reach the system in lists that it can take',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const socket = subject._socket;
    const { _writev } = socket;
    const lengths = [];

    socket._writev = function writev(chunks, callback) {
      lengths.push(chunks.length);
      return _writev.call(this, chunks, callback);
    };

    const sent = Array.from({ length: 3000 }, (_, i) => `${i}`);

    for (const text of sent) subject.send(text);

    const frames = await raw.firstFrames(sent.length);

    assert.deepEqual(
      frames.map(({ payload }) => `${payload}`),
      sent,
    );
    assert.ok(Math.max(0, ...lengths) <= AT_ONCE, `${lengths}`);
  },
);
