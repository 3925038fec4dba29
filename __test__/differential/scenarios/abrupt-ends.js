'use strict';

const { OPCODE, closePayload } = require('../../support/frames');

const BOTH = ['server', 'client'];
const SOCKET_EVENTS = ['end', 'error', 'close'];

/** What may be going on when the end comes. */
const STATES = {
  open: async () => {},
  'a part of a frame has come': async (t, { raw, deliver }) => {
    const frame = raw.build({ opcode: OPCODE.TEXT, payload: 'cut' });
    await deliver(frame.subarray(0, -1));
  },
  'a part of a message has come': async (t, { raw, deliver }) => {
    const begun = { opcode: OPCODE.TEXT, payload: 'begun', fin: false };
    await deliver(raw.build(begun));
  },
  'close() was called': async (t, { subject }) => {
    t.call('close', () => subject.close(1000, 'mine'));
    await t.until('frame CLOSE', { lane: 'raw' });
    await t.settle();
  },
  'close() was called in the same turn': async (t, { subject }) => {
    t.call('close', () => subject.close(1000, 'mine'));
  },
  'the close frame of the peer has come': async (t, { raw, deliver }) => {
    const payload = closePayload(4000, 'theirs');
    await deliver(raw.build({ opcode: OPCODE.CLOSE, payload }));
    await t.until('frame CLOSE', { lane: 'raw' });
    await t.settle();
  },
  'the peer has broken a rule': async (t, { raw, deliver }) => {
    await deliver(raw.build({ opcode: 3 }));
    await t.until('subject error');
    await t.until('frame CLOSE', { lane: 'raw' });
    await t.settle();
  },
  paused: async (t, { subject }) => {
    subject.pause();
  },
  'something was sent in the same turn': async (t, { subject }) => {
    subject.send('first', t.callback('first'));
    subject.ping('second', undefined, t.callback('second'));
  },
};

const ENDS = {
  'the peer ends': async (t, { raw }) => raw.socket.end(),
  'the peer resets': async (t, { raw }) => raw.socket.resetAndDestroy(),
  'terminate()': async (t, { subject }) => {
    t.call('terminate', () => subject.terminate());
    t.properties(subject);
  },
  'terminate() twice': async (t, { subject }) => {
    t.call('terminate', () => subject.terminate());
    t.call('terminate', () => subject.terminate());
    t.call('close', () => subject.close(1000));
  },
  '_socket.destroy()': async (t, { subject }) => {
    subject._socket.destroy();
    t.properties(subject);
  },
  '_socket.destroy(error)': async (t, { subject }) => {
    subject._socket.destroy(new Error('of the program'));
    t.properties(subject);
  },
  '_socket.end()': async (t, { subject, raw }) => {
    subject._socket.end();
    t.properties(subject);
    await t.until('end', { lane: 'raw' });
    raw.socket.end();
  },
  '_socket.resetAndDestroy()': async (t, { subject }) => {
    subject._socket.resetAndDestroy();
    t.properties(subject);
  },
};

/** Where the end of the subject's side has come already. */
const SERVER_HAS_ENDED = 'the close frame of the peer has come';

const pairs = Object.keys(STATES)
  .flatMap((state) => Object.keys(ENDS).map((end) => [state, end]))
  // Whether a frame was faster than the reset is a matter of when frames leave.
  .filter(([state, end]) => !/same turn.*resets/.test(`${state} ${end}`));

module.exports = [
  ...pairs.map(([state, end]) => ({
    name: `${state}, and then: ${end}`,
    roles: BOTH,
    ...(isLate(state, end) && {
      differs: {
        row: 'when the callback of `send()` is called',
        drivers: ['stream'],
      },
    }),
    async play(t) {
      const connection = await t.connectRaw({
        allowHalfOpen: true,
        exactEnd: !/reset|destroy|terminate/.test(end),
        watch: { markers: ['tick', 'microtask', 'immediate'] },
      });
      const { subject, raw } = connection;
      t.watch(subject._socket, 'socket', {
        events: SOCKET_EVENTS,
        properties: ['destroyed'],
      });
      // When a FIN is out is not ordered against anything here.
      t.lane('socket').watch(subject._socket, 'socket', {
        events: ['finish'],
        properties: [],
      });
      await t.turn();
      await STATES[state](t, connection);
      if (subject._socket.destroyed) return;
      await ENDS[end](t, connection);
      if (state === 'paused' && !/destroy|terminate/i.test(end)) {
        await t.turn();
        subject.resume();
      }
      if (state === SERVER_HAS_ENDED || /break|rule/.test(state)) {
        raw.socket.end();
      }
      if (/^close\(\)/.test(state) && end === 'the peer ends') {
        await t.settle();
      }
      await t.until('socket close');
      await t.until('~ immediate after subject close');
      t.properties(subject);
      t.call('send', () => subject.send('late', t.callback('late')));
      t.call('ping', () => subject.ping('late', true, t.callback('late')));
      await t.turn();
      t.note('timer', subject._closeTimer?._destroyed);
      raw.socket.end();
      await t.until('closed', { lane: 'raw' });
    },
  })),
];

/** Whether an error of the socket is faster than the callback of a second frame of the turn. */
function isLate(state, end) {
  return /was sent/.test(state) && end === '_socket.destroy(error)';
}
