'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { OPCODE, buildFrame } = require('./support/frames');
const { listenRaw } = require('./support/raw-peer');
const { WebSocket } = require('./support/subject');
const { closeOf } = require('./support/waiting');

const ROUNDS = 20;

test('terminate() at once amid a message that came with the response is a 1006 and no error', async (t) => {
  const payload = Buffer.alloc(100_000, 0x7f);
  const frame = buildFrame({ opcode: OPCODE.BINARY, payload });

  for (let round = 0; round < ROUNDS; round++) {
    const listener = await listenRaw(t, {
      firstBytes: frame.subarray(0, 1000),
    });
    const client = new WebSocket(listener.url);
    client.on('message', () => assert.fail('half a message'));
    client.on('open', () => client.terminate());
    const closed = closeOf(client);

    const raw = await listener.accept();
    raw.write(frame.subarray(1000));

    assert.deepEqual(await closed, { code: 1006, reason: '' });
  }
});
