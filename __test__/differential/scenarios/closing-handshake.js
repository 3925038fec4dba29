'use strict';

const { OPCODE, closePayload } = require('../../support/frames');

const BOTH = ['server', 'client'];
const CODES = [1000, 1001, 1003, 1007, 1008, 1011, 1012, 1014, 3000, 4999];
const MARKERS = ['tick', 'microtask'];

module.exports = [
  ...CODES.map((code) => ({
    name: `the peer closes with ${code}`,
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      raw.close(code, 'grund €');
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.socket.end();
      await bothEnds(t);
      t.properties(subject, ['_closeCode', '_closeMessage']);
    },
  })),
  {
    name: 'the peer closes without a code',
    roles: BOTH,
    async play(t) {
      const { raw } = await t.connectRaw({ watch: { markers: MARKERS } });
      await t.turn();
      raw.close();
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.socket.end();
      await bothEnds(t);
    },
  },
  {
    name: 'who ends the connection first',
    roles: BOTH,
    async play(t) {
      const { raw } = await t.connectRaw({
        allowHalfOpen: true,
        exactEnd: true,
      });
      raw.close(1000);
      await t.until('frame CLOSE', { lane: 'raw' });
      await t.until('end', { lane: 'raw' });
      t.note('not closed before the peer ends');
      raw.socket.end();
      await bothEnds(t);
    },
  },
  {
    name: 'who ends the connection first after an own close()',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw({
        allowHalfOpen: true,
        exactEnd: true,
      });
      subject.close(1000);
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.close(1000);
      await t.until('end', { lane: 'raw' });
      t.properties(subject, ['readyState', '_closeFrameReceived']);
      raw.socket.end();
      await bothEnds(t);
    },
  },
  {
    name: 'close frames cross each other',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      raw.close(4001, 'theirs');
      subject.close(4002, 'mine');
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.socket.end();
      await bothEnds(t);
    },
  },
  {
    name: 'messages still come after close()',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      subject.close();
      raw.send(
        { opcode: OPCODE.TEXT, payload: 'still heard' },
        { opcode: OPCODE.PING, payload: 'not answered' },
        { opcode: OPCODE.CLOSE, payload: closePayload(1000) },
      );
      raw.socket.end();
      await bothEnds(t);
    },
  },
  {
    name: 'close() in listeners',
    roles: BOTH,
    async play(t) {
      const { raw, deliver } = await t.connectRaw({
        prepare(subject) {
          subject.on('message', () => {
            t.call('close', () => subject.close(4000, 'heard'));
          });
          subject.on('close', () => {
            t.call('close', () => subject.close(4001));
            t.call('terminate', () => subject.terminate());
          });
        },
      });
      const frame = raw.build({ opcode: OPCODE.TEXT, payload: 'x' });
      await deliver(Buffer.concat([frame, frame]));
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.close(4000);
      raw.socket.end();
      await bothEnds(t);
    },
  },
  ...['open', 'the peer has closed', 'the peer broke a rule'].map((state) => ({
    name: `closeTimeout runs out: ${state}`,
    roles: BOTH,
    async play(t) {
      const { subject, raw, deliver } = await t.connectRaw({
        subject: { closeTimeout: 40 },
        allowHalfOpen: true,
        watch: { markers: MARKERS },
      });
      await t.turn();
      if (state === 'open') subject.close(1000);
      else if (state === 'the peer has closed') raw.close(4000, 'theirs');
      else await deliver(raw.build({ opcode: 3 }));
      await t.until('frame CLOSE', { lane: 'raw' });
      await t.until('subject close');
      t.properties(subject, ['_closeFrameSent', '_closeFrameReceived']);
      await t.turn();
      t.properties(subject._socket, ['destroyed']);
    },
  })),
  ...[0, 1, undefined, NaN, -5].map((closeTimeout) => ({
    name: `a closeTimeout of ${closeTimeout}`,
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw({
        subject: { closeTimeout },
        allowHalfOpen: true,
      });
      t.note('_closeTimeout', subject._closeTimeout);
      subject.close(1000);
      t.note('idle', subject._closeTimer._idleTimeout);
      if (closeTimeout === undefined && t.role === 'server') {
        raw.socket.end();
        return;
      }
      await t.until('subject close');
    },
  })),
  {
    name: 'paused when the close frame comes',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      subject.pause();
      raw.send(
        { opcode: OPCODE.TEXT, payload: 'kept' },
        { opcode: OPCODE.CLOSE, payload: closePayload(1000) },
      );
      raw.socket.end();
      await t.turn();
      t.properties(subject);
      subject.resume();
      await bothEnds(t);
    },
  },
  {
    name: 'pause() and resume() in each state',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      t.call('pause', () => subject.pause());
      t.call('pause', () => subject.pause());
      t.properties(subject);
      t.call('resume', () => subject.resume());
      t.call('resume', () => subject.resume());
      t.properties(subject);
      subject.close();
      t.call('pause', () => subject.pause());
      t.properties(subject);
      t.call('resume', () => subject.resume());
      raw.close();
      raw.socket.end();
      await bothEnds(t);
      t.call('pause', () => subject.pause());
      t.call('resume', () => subject.resume());
      t.properties(subject);
    },
  },
];

function bothEnds(t) {
  return Promise.all([
    t.until('subject close'),
    t.until('closed', { lane: 'raw' }),
  ]);
}
