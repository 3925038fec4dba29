'use strict';

const BOTH = ['server', 'client'];

module.exports = [
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
