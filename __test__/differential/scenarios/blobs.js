'use strict';

const BOTH = ['server', 'client'];
const DEFLATE = { perMessageDeflate: { threshold: 0 } };

/** What a Blob does instead of giving its bytes. */
const READINGS = {
  'is rejected': () => Promise.reject(new RangeError('unreadable')),
  'is rejected with no error': () => Promise.reject(undefined),
  'gives no ArrayBuffer': () => Promise.resolve(undefined),
  'gives a number': () => Promise.resolve(5),
  'gives a string': () => Promise.resolve('text'),
  'gives other bytes than announced': () =>
    Promise.resolve(Buffer.from('more than that').buffer.slice(0, 3)),
  'gives a Buffer': () => Promise.resolve(Buffer.from('buffer')),
};

module.exports = [
  ...[false, true].map((compressed) => ({
    name: `Blobs keep their place between other data${compressed ? ', compressed' : ''}`,
    roles: BOTH,
    async play(t) {
      const options = compressed ? DEFLATE : {};
      const { subject } = await t.connectPeer({
        subject: options,
        peer: { ...options, autoPong: false },
      });
      const done = (name) => t.callback(name);
      t.call('1', () => subject.send('one', done('one')));
      t.call('2', () => subject.send(new Blob(['two']), done('two')));
      t.call('3', () => subject.send('three', done('three')));
      t.call('4', () => subject.ping('four', undefined, done('four')));
      t.call('5', () => subject.send(new Blob([]), done('five')));
      t.call('6', () =>
        subject.pong(new Blob(['six']), undefined, done('six')),
      );
      t.call('7', () => subject.send(Buffer.from('seven'), done('seven')));
      // What is being compressed counts with ws, and is sent at once here.
      if (!compressed) t.note('bufferedAmount', subject.bufferedAmount);
      await t.until('seven called');
      await t.until('peer message', { lane: 'peer', count: 5 });
      await t.settle();
      t.note('bufferedAmount', subject.bufferedAmount);
    },
  })),
  {
    name: 'a Blob is binary unless said otherwise, and may be a fragment',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      subject.send(new Blob(['as text']), { binary: false });
      subject.send(new Blob(['begun']), { fin: false });
      subject.send(new Blob(['ended']), t.callback('sent'));
      subject.send(new Blob([Buffer.alloc(70_000)]), t.callback('large'));
      await t.until('large called');
      await t.until('frame', { lane: 'raw', count: 4 });
      t.note('a File', typeof File);
    },
  },
  {
    name: 'a Blob as a ping is at most 125 bytes long',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      t.call('126', () => subject.ping(new Blob(['x'.repeat(126)])));
      t.call('125', () =>
        subject.ping(new Blob(['x'.repeat(125)]), t.callback('pinged')),
      );
      await t.until('pinged called');
      await t.until('frame PING', { lane: 'raw' });
    },
  },
  {
    name: 'a Blob waits, and the close frame behind it',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      t.call('send', () =>
        subject.send(new Blob(['data']), t.callback('sent')),
      );
      t.call('close', () => subject.close(1000, 'behind'));
      t.properties(subject, ['readyState', '_closeFrameSent']);
      t.note('bufferedAmount', subject.bufferedAmount);
      subject.send('late', t.callback('late'));
      await t.until('sent called');
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.close(1000);
      raw.socket.end();
      await bothEnds(t);
    },
  },
  ...Object.entries(READINGS).map(([title, arrayBuffer]) => ({
    name: `a Blob that ${title}`,
    roles: BOTH,
    async play(t) {
      t.catchUncaught();
      const { subject, raw } = await t.connectRaw({
        watch: { properties: ['readyState'] },
      });
      const blob = { size: 4, type: '', arrayBuffer, stream() {} };
      blob[Symbol.toStringTag] = 'Blob';
      t.call('before', () => subject.send('before', t.callback('before')));
      await t.until('before called');
      t.call('blob', () => subject.send(blob, t.callback('blob')));
      t.call('behind', () => subject.send('behind', t.callback('behind')));
      t.call('ping', () => subject.ping('behind', true, t.callback('ping')));
      await t.until('ping called');
      await t.settle();
      t.note('state', subject._sender._state, subject.bufferedAmount);
      raw.socket.end();
      await bothEnds(t);
      t.note('timer', subject._closeTimer?._destroyed);
    },
  })),
  ...['terminate', 'end of the peer'].map((end) => ({
    name: `while a Blob is read: ${end}`,
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      let read;
      const blob = new Blob(['data']);
      blob.arrayBuffer = () => new Promise((resolve) => (read = resolve));
      t.call('blob', () => subject.send(blob, t.callback('blob')));
      t.call('behind', () => subject.send('behind', t.callback('behind')));
      t.call('close', () => subject.close());
      if (end === 'terminate') subject.terminate();
      else raw.socket.end();
      await bothEnds(t);
      read(new ArrayBuffer(4));
      await t.until('behind called');
      t.note('buffered', subject.bufferedAmount);
      t.call('late', () => subject.send(blob, t.callback('late')));
      await t.until('late called');
      t.note('buffered', subject.bufferedAmount);
    },
  })),
  {
    name: 'a callback of a Blob that throws',
    roles: BOTH,
    async play(t) {
      t.catchUncaught();
      const { subject } = await t.connectRaw();
      subject.send(new Blob(['data']), () => {
        throw new Error('mine');
      });
      await t.until('uncaught', { lane: 'process' });
      subject.send('and on', t.callback('sent'));
      await t.until('sent called');
    },
  },
];

function bothEnds(t) {
  return Promise.all([
    t.until('subject close'),
    t.until('closed', { lane: 'raw' }),
  ]);
}
