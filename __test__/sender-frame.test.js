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

test('Sender.frame() takes an opcode for 0 that is not there', () => {
  for (const mask of [false, true]) {
    const [header] = Sender.frame(Buffer.from('abc'), { fin: true, mask });
    assert.equal(header[0], 0x80);
  }
});

test('Sender.frame() says nothing about data that has no length', () => {
  const data = {};
  assert.deepEqual(Sender.frame(data, { opcode: OPCODE.BINARY }), [
    Buffer.from([0x02, 0x00]),
  ]);
});

test('Sender.frame() masks what is like an array', () => {
  const generateMask = (mask) => mask.fill(1);
  const options = { opcode: OPCODE.BINARY, mask: true, generateMask };
  const [header, payload] = Sender.frame([2, 3], options);
  assert.deepEqual([...header, ...payload], [0x02, 0x82, 1, 1, 1, 1, 3, 2]);
});
