'use strict';

const BOTH = ['server', 'client'];

/** What is no function, and no encoding, for which a stream would take it. */
const NO_CALLBACKS = ['not a function', 5, 10n, true, {}, [], Symbol('s')];

/** Every way to give a callback. */
const SENDS = {
  send: (subject, value) => subject.send(Buffer.from('x'), {}, value),
  'send text': (subject, value) => subject.send('x', {}, value),
  'send nothing': (subject, value) => subject.send('', {}, value),
  fragment: (subject, value) => subject.send('x', { fin: false }, value),
  ping: (subject, value) => subject.ping('x', undefined, value),
  pong: (subject, value) => subject.pong(Buffer.from('x'), undefined, value),
  close: (subject, value) => subject._sender.close(1000, 'x', false, value),
};

module.exports = [
  {
    name: 'a callback that is none is refused, while open',
    roles: BOTH,
    async play(t) {
      let count = 0;
      for (const value of NO_CALLBACKS) {
        // What was corked with a frame that is refused stays so in ws: each by itself.
        for (const [label, send] of Object.entries(SENDS)) {
          const { subject } = await t.connectRaw({ watch: false });
          t.call(label, () => send(subject, value));
          subject.terminate();
          await t.until('closed', { lane: 'raw', count: ++count });
        }
      }
    },
  },
  {
    name: 'behind a callback that is refused, frames leave as ever',
    roles: ['client'],
    async play(t) {
      const { subject } = await t.connectRaw();
      for (const value of NO_CALLBACKS) {
        t.call('send', () => subject.send(Buffer.from('x'), {}, value));
        t.call('ping', () => subject.ping(Buffer.from('y'), true, value));
      }
      t.call('send', () => subject.send('z', t.callback('sent')));
      await t.until('sent called');
      await t.settle();
    },
  },
  {
    name: 'the name of an encoding is no callback, and nobody minds',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      for (const name of ['utf8', 'UTF-8', '', null, 0, false]) {
        t.call('send', () => subject.send(Buffer.from('x'), {}, name));
        t.call('ping', () => subject.ping(Buffer.from('y'), undefined, name));
        await t.settle();
      }
    },
  },
  {
    name: 'a callback that is none is refused, while closing',
    roles: BOTH,
    async play(t) {
      t.catchUncaught();
      const { subject } = await t.connectRaw();
      subject.close(1000);
      await t.until('frame CLOSE', { lane: 'raw' });
      for (const value of NO_CALLBACKS) {
        for (const [label, send] of Object.entries(SENDS)) {
          if (label === 'close') continue;
          t.call(label, () => send(subject, value));
          await t.turn();
        }
      }
    },
  },
  {
    name: 'a callback that is none is refused of what is compressed',
    roles: BOTH,
    differs: 'compression',
    async play(t) {
      const deflate = { perMessageDeflate: { threshold: 0 } };
      const { subject } = await t.connectPeer({
        subject: deflate,
        peer: deflate,
      });
      t.call('send', () => subject.send('x', {}, 'not a function'));
      // Before ws is done with it, and ends the process.
      subject.terminate();
    },
  },
  {
    name: 'callbacks come in the order of the calls',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      t.call('send', () => subject.send('one', t.callback('one')));
      t.call('ping', () => subject.ping('two', undefined, t.callback('two')));
      t.call('pong', () => subject.pong('three', true, t.callback('three')));
      t.call('send', () =>
        subject.send(Buffer.from('four'), {}, t.callback('four')),
      );
      await t.until('four called');
      await t.settle();
    },
  },
  {
    name: 'after close() they get an error in the next tick',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      subject.close(1000);
      t.call('send', () => subject.send('late', t.callback('late')));
      await t.markers('send', ['tick']);
      t.properties(subject, ['bufferedAmount']);
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.close(1000);
      raw.socket.end();
      await t.until('subject close');
      t.call('send', () => subject.send('later', t.callback('later')));
      await t.settle();
    },
  },
  {
    name: 'while connecting, send(), ping() and pong() throw',
    async play(t) {
      const { url } = await t.rawServer(() => {});
      const subject = t.client(url);
      t.watch(subject);
      t.call('send', () => subject.send('x', t.callback('never')));
      t.call('ping', () => subject.ping());
      t.call('pong', () => subject.pong());
      t.call('close', () => subject.close());
      await t.until('subject close');
    },
  },
  {
    name: 'every type of data that can be sent',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectPeer();
      const bytes = new Uint8Array([1, 2, 3, 4]);
      const values = [
        'text',
        '',
        7,
        bytes,
        bytes.buffer,
        new DataView(bytes.buffer, 1, 2),
        new Uint16Array([1, 2]),
        Buffer.from('buffer'),
        [1, 2, 3],
        new Blob(['blob']),
        undefined,
        null,
        {},
        true,
        Symbol('s'),
      ];
      for (const [index, value] of values.entries()) {
        t.call(`send ${index}`, () =>
          subject.send(value, t.callback(`sent ${index}`)),
        );
        await t.settle();
      }
    },
  },
];
