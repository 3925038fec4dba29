'use strict';

// hawser only: `ws` has no `configure`.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { runProgram } = require('./support/programs');

for (const [what, settings] of [
  ['the event loop', { ioThreads: 0 }],
  ['one I/O thread', { ioThreads: 1 }],
  ['two I/O threads', { ioThreads: 2 }],
  ['what is best', { ioThreads: 'auto' }],
  ['streams', { takeover: false }],
  ["the handshake of Node's server", { nativeHandshake: false }],
]) {
  test(`configure() before the first connection chooses ${what}`, async (t) => {
    const program = runProgram(t, 'configured-echo', JSON.stringify(settings));

    const { code, stdout, stderr } = await program.ended;

    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'echoed 100 messages\n');
  });
}

for (const settings of [
  { ioThreads: -1 },
  { ioThreads: 1.5 },
  { ioThreads: 'many' },
  { takeover: 'no' },
  { nativeHandshake: 1 },
]) {
  test(`configure(${JSON.stringify(settings)}) throws`, async (t) => {
    const program = runProgram(t, 'configured-echo', JSON.stringify(settings));

    const { code, stderr } = await program.ended;

    assert.equal(code, 1);
    assert.match(stderr, new RegExp(Object.keys(settings)[0]));
  });
}
