'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { runHere } = require('./support');

/*
 * Bun and Deno export functions with libuv's names that are not libuv's: the
 * engine must leave their sockets alone, whatever it is told.
 */
const { bun, deno } = process.versions;
const isNode = bun === undefined && deno === undefined;
const takesOver = isNode && process.platform !== 'win32';

for (const [what, settings] of [
  ["with ioThreads: 'auto'", { ioThreads: 'auto', takeover: true }],
  ['with ioThreads: 0', { ioThreads: 0, takeover: true }],
  ['with ioThreads: 2', { ioThreads: 2, takeover: true }],
]) {
  test(`sockets are taken over from Node and from nobody else, ${what}`, async (t) => {
    const { code, stdout, stderr } = await runHere(
      t,
      'who-moves-the-bytes',
      JSON.stringify(settings),
    );

    assert.equal(stderr, '');
    assert.equal(stdout, `client ${takesOver}, server ${takesOver}\n`);
    assert.equal(code, 0);
  });
}

test('takeover: false leaves the sockets to the runtime', async (t) => {
  const { stdout } = await runHere(
    t,
    'who-moves-the-bytes',
    JSON.stringify({ takeover: false }),
  );

  assert.equal(stdout, 'client false, server false\n');
});
