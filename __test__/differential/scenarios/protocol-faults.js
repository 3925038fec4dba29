'use strict';

const { OPCODE, buildFrame, closePayload } = require('../../support/frames');

const TEXT = { opcode: OPCODE.TEXT, payload: 'text' };

const FAULTS = {
  'a reserved opcode': [TEXT, { opcode: 3 }],
  'RSV1 without an extension': [TEXT, { ...TEXT, rsv1: true }],
  RSV2: [TEXT, { ...TEXT, rsv2: true }],
  'a continuation of nothing': [{ opcode: OPCODE.CONTINUATION }],
  'a fragmented ping': [{ opcode: OPCODE.PING, fin: false }],
  'invalid UTF-8': [{ opcode: OPCODE.TEXT, payload: Buffer.from([0xff]) }],
  'a close frame of one byte': [{ opcode: OPCODE.CLOSE, payload: 'x' }],
  'an invalid close code': [
    { opcode: OPCODE.CLOSE, payload: closePayload(1005) },
  ],
  'a length past 2^53': [
    { opcode: OPCODE.BINARY, length: 2n ** 53n, lengthBits: 64 },
  ],
};

module.exports = [
  ...Object.entries(FAULTS).map(([fault, frames]) => ({
    name: `${fault}: error, then close`,
    roles: ['server', 'client'],
    async play(t) {
      const { subject, raw, deliver } = await t.connectRaw({
        watch: { markers: ['tick', 'immediate'] },
      });
      await deliver(Buffer.concat(frames.map((frame) => raw.build(frame))));
      await t.until('subject error');
      t.properties(subject);
      await t.settle();
      raw.socket.end();
      await t.until('subject close');
      t.properties(subject);
    },
  })),
  {
    name: 'a wrong mask',
    roles: ['server', 'client'],
    async play(t) {
      const { raw, deliver } = await t.connectRaw();
      await deliver(buildFrame({ ...TEXT, mask: t.role === 'client' }));
      await t.until('subject error');
      raw.socket.end();
      await t.until('subject close');
    },
  },
  {
    name: 'an error that nobody listens for is thrown',
    roles: ['server', 'client'],
    async play(t) {
      t.catchUncaught();
      const { raw, deliver } = await t.connectRaw({
        watch: { events: ['message', 'close'] },
      });
      await deliver(raw.build({ opcode: 7 }));
      await t.until('uncaught', { lane: 'process' });
      raw.socket.end();
      await t.until('subject close');
    },
  },
];
