'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { OPCODE, buildFrame } = require('../support/frames');
const { Receiver } = require('../..');

const FRAMES = 2000;

/*
 * JavaScriptCore keeps small typed arrays in the heap of its garbage collector
 * and moves them out when somebody asks for their ArrayBuffer. The engine asks,
 * and unmasks in place.
 */
test('small chunks that were never a view of anything are unmasked', () => {
  const receiver = new Receiver({ isServer: true });
  const received = [];
  receiver.on('message', (data) => received.push(data.toString()));
  const sent = Array.from({ length: FRAMES }, (_, i) => `message ${i}`);

  for (const text of sent) {
    const frame = buildFrame({
      opcode: OPCODE.TEXT,
      payload: text,
      mask: true,
    });
    receiver.write(copyOf(frame));
  }

  assert.deepEqual(received, sent);
});

/** A Buffer that is an array of its own, and no part of Node's pool. */
function copyOf(bytes) {
  const copy = new Uint8Array(bytes.length);
  for (const [i, byte] of bytes.entries()) copy[i] = byte;
  return Object.setPrototypeOf(copy, Buffer.prototype);
}
