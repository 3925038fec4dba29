'use strict';

const { OPCODE, buildFrame, closePayload } = require('../../support/frames');

const BOTH = ['server', 'client'];
const MARKERS = ['tick', 'microtask', 'immediate'];

module.exports = [
  {
    name: 'open, message and close come in this order, each with its markers',
    roles: BOTH,
    async play(t) {
      const { subject, deliver, raw } = await t.connectRaw({
        watch: { markers: MARKERS },
      });
      await deliver(raw.build({ opcode: OPCODE.TEXT, payload: 'hello' }));
      await t.until('~ immediate after subject message');
      await deliver(
        raw.build({
          opcode: OPCODE.CLOSE,
          payload: closePayload(4001, 'bye'),
        }),
      );
      if (t.role === 'client') raw.socket.end();
      await t.until('~ immediate after subject close');
      t.properties(subject);
    },
  },
  {
    name: 'messages and pings of one segment come in one tick',
    roles: BOTH,
    async play(t) {
      const { deliver, raw } = await t.connectRaw({
        watch: { markers: MARKERS },
      });
      await deliver(
        Buffer.concat([
          raw.build({ opcode: OPCODE.TEXT, payload: 'one' }),
          raw.build({ opcode: OPCODE.PING, payload: 'two' }),
          raw.build({ opcode: OPCODE.BINARY, payload: 'three' }),
        ]),
      );
      await t.settle();
    },
  },
  {
    name: 'without synchronous events, each comes in a turn of its own',
    roles: BOTH,
    async play(t) {
      const { deliver, raw } = await t.connectRaw({
        subject: { allowSynchronousEvents: false },
        watch: { markers: ['tick', 'microtask'] },
      });
      await deliver(
        Buffer.concat([
          raw.build({ opcode: OPCODE.TEXT, payload: 'one' }),
          raw.build({ opcode: OPCODE.PING, payload: 'two' }),
          raw.build({ opcode: OPCODE.BINARY, payload: 'three' }),
        ]),
      );
      await t.settle();
    },
  },
  ...['terminate', 'destroy', 'pause and terminate'].map((end) => ({
    name: `a message in the segment of the handshake, and in open: ${end}`,
    roles: ['client'],
    async play(t) {
      await t.connectRaw({
        firstBytes: buildFrame({ opcode: OPCODE.TEXT, payload: 'early' }),
        prepare(subject) {
          subject.on('open', () => {
            if (end.startsWith('pause')) subject.pause();
            if (end === 'destroy') subject._socket.destroy();
            else subject.terminate();
          });
        },
      });
      await t.until('subject close');
    },
  })),
  {
    name: 'a message in the segment of the handshake comes after open',
    roles: BOTH,
    async play(t) {
      const mask = t.role === 'server';
      await t.connectRaw({
        firstBytes: Buffer.concat([
          buildFrame({ opcode: OPCODE.TEXT, payload: 'early', mask }),
          buildFrame({ opcode: OPCODE.PING, payload: 'earlier', mask }),
        ]),
        watch: { markers: MARKERS },
      });
      await t.until('subject ping');
      await t.settle();
    },
  },
  {
    name: 'a message over streams in memory',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectDuplex({
        watch: { markers: ['tick', 'microtask'] },
      });
      raw.text('hello');
      await t.until('subject message');
      subject.send('and back', t.callback('sent'));
      await t.until('frame', { lane: 'raw' });
      raw.close(1000);
      await t.until('subject close');
    },
  },
  {
    name: 'every listener is heard, in the order of registration',
    roles: BOTH,
    async play(t) {
      const { raw, deliver } = await t.connectRaw({
        prepare(subject) {
          subject.on('message', t.callback('first'));
          subject.addEventListener('message', t.callback('second'));
          subject.onmessage = t.callback('third');
          subject.once('message', t.callback('fourth'));
        },
      });
      await deliver(raw.build({ opcode: OPCODE.TEXT, payload: 'a' }));
      await deliver(raw.build({ opcode: OPCODE.BINARY, payload: 'b' }));
      await t.settle();
    },
  },
];
