'use strict';

const { OPCODE, closePayload } = require('../../support/frames');

const BOTH = ['server', 'client'];

module.exports = [
  ...[undefined, 1000, 1001, 1011, 3000, 4999].map((code) => ({
    name: `close(${code}) is answered by the peer`,
    roles: BOTH,
    async play(t) {
      const { subject, peer } = await t.connectPeer();
      t.call('close', () => subject.close(code, code && 'because'));
      t.properties(subject);
      t.call('close again', () => subject.close());
      await Promise.all([
        t.until('subject close'),
        t.until('peer close', { lane: 'peer' }),
      ]);
      t.properties(subject);
      t.call('close at last', () => subject.close());
      t.lane('peer').properties(peer);
    },
  })),
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, '1000', null, NaN].map(
    (code) => ({
      name: `close(${typeof code} ${code}) throws`,
      roles: BOTH,
      async play(t) {
        const { subject } = await t.connectRaw();
        t.call('close', () => subject.close(code));
        t.properties(subject);
        await t.settle();
      },
    }),
  ),
  {
    name: 'a message in front of a close frame comes before close',
    roles: BOTH,
    async play(t) {
      const { raw, deliver } = await t.connectRaw();
      await deliver(
        Buffer.concat([
          raw.build({ opcode: OPCODE.TEXT, payload: 'last' }),
          raw.build({ opcode: OPCODE.CLOSE, payload: closePayload(1000) }),
          raw.build({ opcode: OPCODE.TEXT, payload: 'too late' }),
        ]),
      );
      raw.socket.end();
      await t.until('subject close');
    },
  },
  {
    name: 'the peer ends without a close frame',
    roles: BOTH,
    async play(t) {
      const { raw } = await t.connectRaw();
      raw.socket.end();
      await t.until('subject close');
      await t.until('closed', { lane: 'raw' });
    },
  },
  {
    name: 'terminate() is followed by close',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      t.call('terminate', () => subject.terminate());
      t.properties(subject);
      await t.until('subject close');
      await t.until('closed', { lane: 'raw' });
    },
  },
];
