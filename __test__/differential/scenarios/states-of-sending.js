'use strict';

const { OPCODE, closePayload } = require('../../support/frames');

const BOTH = ['server', 'client'];

/** More than sockets take at once. */
const MUCH = 8 * 1024 * 1024;

/** Late arguments: what they are and how long they are decides what is counted. */
const LATE = {
  text: 'späť',
  'an empty string': '',
  'a Buffer': Buffer.alloc(7),
  'an ArrayBuffer': new ArrayBuffer(5),
  'a Uint16Array': new Uint16Array(4),
  'an array': [1, 2, 3],
  'a number': 1234,
  zero: 0,
  'a Blob': new Blob(['blob']),
  undefined: undefined,
  null: null,
  'an empty object': {},
  true: true,
};

module.exports = [
  ...['send', 'ping', 'pong'].map((method) => ({
    name: `${method}() after close(), of anything`,
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      subject.close(1000);
      await t.until('frame CLOSE', { lane: 'raw' });
      await t.settle();
      for (const [title, data] of Object.entries(LATE)) {
        t.call(title, () => subject[method](data, t.callback(title)));
        t.properties(subject, ['bufferedAmount']);
        await t.markers(title, ['tick']);
      }
      t.call('callback only', () => subject[method](t.callback('data')));
      t.call('nothing', () => subject[method]());
      await t.settle();
      raw.close();
      raw.socket.end();
      await bothEnds(t);
      t.call('closed', () => subject[method]('more', t.callback('closed')));
      t.properties(subject, ['bufferedAmount']);
      await t.settle();
    },
  })),
  {
    name: 'a client that never connected',
    async play(t) {
      const { url } = await t.rawServer(({ socket }) => {
        socket.destroy();
      });
      const subject = t.client(url);
      t.watch(subject);
      for (const method of ['send', 'ping', 'pong']) {
        t.call(method, () => subject[method]('x', t.callback('never')));
      }
      t.call('pause', () => subject.pause());
      t.call('resume', () => subject.resume());
      t.properties(subject, ['bufferedAmount', 'isPaused']);
      await t.until('subject close');
      for (const [title, data] of Object.entries(LATE)) {
        t.call(title, () => subject.send(data, t.callback(title)));
        t.properties(subject, ['bufferedAmount', '_bufferedAmount']);
      }
      t.call('pause', () => subject.pause());
      t.call('close', () => subject.close(7));
      t.call('terminate', () => subject.terminate());
      await t.turn();
      t.properties(subject, ['bufferedAmount', 'isPaused']);
    },
  },
  {
    name: 'the order of callbacks around close()',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      await t.turn();
      subject.send('one', t.callback('one'));
      subject.close(1000);
      for (const name of ['two', 'three', 'four']) {
        subject.send(name, t.callback(name));
      }
      await t.until('four called');
      await t.until('one called');
      raw.close();
      raw.socket.end();
      await bothEnds(t);
    },
  },
  {
    name: 'in listeners of message, ping and close',
    roles: BOTH,
    async play(t) {
      const { raw, deliver } = await t.connectRaw({
        prepare(subject) {
          subject.on('message', () => subject.send('m', t.callback('in m')));
          subject.on('ping', () => subject.ping('p', t.callback('in p')));
          subject.on('close', () => subject.send('c', t.callback('in c')));
        },
      });
      await deliver(raw.build({ opcode: OPCODE.TEXT, payload: 'x' }));
      await t.until('in m called');
      await deliver(raw.build({ opcode: OPCODE.PING, payload: 'x' }));
      await t.until('in p called');
      await t.settle();
      raw.close(1000);
      raw.socket.end();
      await t.until('in c called');
    },
  },
  {
    name: 'sent in the listener of open',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw({
        prepare(websocket) {
          const send = () => websocket.send('first', t.callback('sent'));
          if (t.role === 'client') websocket.on('open', send);
          else send();
        },
      });
      await t.until('sent called');
      await t.settle();
      t.properties(subject, ['bufferedAmount']);
    },
  },
  ...['terminate', 'destroy', 'destroy with an error', 'reset'].map((end) => ({
    name: `what is still queued fails at: ${end}`,
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      raw.socket.pause();
      await t.turn();
      // What a write in flight is told is up to Node.
      subject.send(Buffer.alloc(MUCH), () => t.note('much called'));
      subject.send('more', t.callback('more'));
      subject.ping('ping', true, t.callback('ping'));
      for (let i = 0; i < 5; i++) await t.turn();
      t.note('buffered', subject.bufferedAmount > 0);
      const { _socket: socket } = subject;
      if (end === 'terminate') subject.terminate();
      else if (end === 'reset') socket.resetAndDestroy();
      else socket.destroy(end === 'destroy' ? null : new Error('mine'));
      subject.send('late', t.callback('late'));
      await t.until('subject close');
      await t.until('late called');
      t.note('buffered', subject.bufferedAmount > 0);
    },
  })),
  {
    name: 'what is queued in front of the close frame leaves',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      raw.socket.pause();
      await t.turn();
      subject.send(Buffer.alloc(MUCH), t.callback('much'));
      subject.close(1000);
      t.note('sent', subject._closeFrameSent, subject.bufferedAmount > 0);
      raw.socket.resume();
      await t.until('frame CLOSE', { lane: 'raw' });
      await t.until('much called');
      raw.close(1000);
      raw.socket.end();
      await bothEnds(t);
    },
  },
  {
    name: 'the peer closes while much is queued',
    roles: BOTH,
    async play(t) {
      const { subject, raw, deliver } = await t.connectRaw();
      raw.socket.pause();
      await t.turn();
      subject.send(Buffer.alloc(MUCH), t.callback('much'));
      const payload = closePayload(4000);
      await deliver(raw.build({ opcode: OPCODE.CLOSE, payload }));
      while (subject.readyState === 1) await t.turn();
      t.call('late', () => subject.send('late', t.callback('late')));
      await t.until('late called');
      raw.socket.resume();
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.socket.end();
      await t.until('much called');
      await bothEnds(t);
    },
  },
  {
    name: 'callbacks that throw',
    roles: BOTH,
    async play(t) {
      t.catchUncaught();
      const { subject } = await t.connectRaw();
      await t.turn();
      for (const name of ['one', 'two', 'three']) {
        subject.send(name, () => {
          t.note('callback', name);
          throw new Error(name);
        });
        await t.until(`uncaught Error: ${name}`, { lane: 'process' });
      }
      subject.close();
      subject.send('late', () => {
        throw new Error('late');
      });
      await t.until('uncaught Error: late', { lane: 'process' });
      await t.until('frame CLOSE', { lane: 'raw' });
    },
  },
];

function bothEnds(t) {
  return Promise.all([
    t.until('subject close'),
    t.until('closed', { lane: 'raw' }),
  ]);
}
