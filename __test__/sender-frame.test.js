'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { FrameParser, OPCODE } = require('./support/frames');
const { WebSocket } = require('./support/subject');

const { Sender } = WebSocket;

for (const mask of [false, true]) {
  for (const readOnly of [false, true]) {
    test(`Sender.frame() makes Buffers of a text (mask ${mask}, readOnly ${readOnly})`, () => {
      for (const size of [0, 5, 125, 126, 65_535, 65_536]) {
        const text = 'ü'.repeat(size / 2) + 'x'.repeat(size % 2);
        const parts = Sender.frame(text, {
          fin: true,
          rsv1: false,
          opcode: OPCODE.TEXT,
          mask,
          readOnly,
        });

        assert.ok(parts.every((part) => Buffer.isBuffer(part)));
        const [frame] = new FrameParser().push(Buffer.concat(parts));
        assert.equal(frame.payload.toString(), text);
        assert.equal(frame.opcode, OPCODE.TEXT);
        assert.equal(frame.masked, mask);
        assert.equal(frame.fin, true);
      }
    });
  }
}
