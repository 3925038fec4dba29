'use strict';

// hawser only: `ws` calls no other callback of what was never written once one
// of them has thrown.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { listenRaw } = require('./support/raw-peer');
const { runProgram } = require('./support/programs');

test('a callback that throws at the end of a connection keeps no other from being called', async (t) => {
  const listener = await listenRaw(t);
  const program = runProgram(t, 'throwing-callback', listener.url, 'unwritten');
  const raw = await listener.accept();
  raw.socket.pause();

  const { code, stdout, stderr } = await program.ended;

  assert.equal(code, 0, stderr);
  // What the errors are, and whether what was being written is one, is Node's
  // own affair where it moves the bytes.
  const lines = stdout.trim().split('\n');
  assert.deepEqual(
    lines.filter((line) => !line.startsWith('caught ')),
    ['closed 1006', `called ${[...Array(40).keys()]}`],
  );
});
