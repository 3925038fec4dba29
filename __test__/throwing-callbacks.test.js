'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Peer, startServer } = require('./support/connections');
const { runProgram } = require('./support/programs');

test('a callback that throws does not keep others from being called', async (t) => {
  const { url } = await startServer(t, Peer);

  const program = runProgram(t, 'throwing-callback', url);

  const { code, stdout, stderr } = await program.ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(stdout.trim().split('\n'), [
    'callback 0 sent',
    'caught of callback 0',
    'callback 1 sent',
    'caught of callback 1',
    'callback 2 sent',
    'callback 3 sent',
    'closed 1005',
  ]);
});
