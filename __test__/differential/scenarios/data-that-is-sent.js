'use strict';

const { OPCODE } = require('../../support/frames');

const BOTH = ['server', 'client'];
const bytes = Uint8Array.from({ length: 16 }, (_, index) => index);

/** What `send()`, `ping()` and `pong()` take, or refuse. */
const VALUES = {
  'a string': 'text',
  'a string of multi-byte characters': 'ä€🙂',
  'a string with a lone surrogate': 'a\ud83d',
  'an empty string': '',
  'a long string': 'x'.repeat(70_000),
  'a Buffer': Buffer.from('buffer'),
  'an empty Buffer': Buffer.alloc(0),
  'a slice of a Buffer': Buffer.from('a longer buffer').subarray(2, 8),
  'a long Buffer': Buffer.alloc(70_000, 'y'),
  'an ArrayBuffer': bytes.slice(3, 9).buffer,
  'an empty ArrayBuffer': new ArrayBuffer(0),
  'a DataView': new DataView(bytes.buffer, 1, 5),
  'a view on shared memory': new Uint8Array(shared(), 1, 2),
  ...Object.fromEntries(
    [
      Uint8Array,
      Uint8ClampedArray,
      Int8Array,
      Uint16Array,
      Int16Array,
      Uint32Array,
      Int32Array,
      Float32Array,
      Float64Array,
      BigInt64Array,
      BigUint64Array,
    ].map((View) => [
      `a view of type ${View.name}`,
      new View(bytes.buffer, 8, 8 / View.BYTES_PER_ELEMENT),
    ]),
  ),
  zero: 0,
  'minus zero': -0,
  'a number': 12.5,
  NaN: NaN,
  Infinity: -Infinity,
  undefined: undefined,
  null: null,
  false: false,
  true: true,
  'a bigint': 12n,
  'a bigint of zero': 0n,
  'a symbol': Symbol('s'),
  'an array': [1, 2, 256, -1, '5', null],
  'an empty array': [],
  'an array of strings': ['a', 'b'],
  'an empty object': {},
  'an object with a length': { length: 3, 0: 65, 2: 66 },
  'an object with valueOf() to a string': { valueOf: () => 'valued' },
  'an object with valueOf() to bytes': { valueOf: () => Buffer.from('v') },
  'an object with toString()': { toString: () => 'told' },
  'an object with toPrimitive()': { [Symbol.toPrimitive]: () => 'primitive' },
  'the JSON of a Buffer': Buffer.from('json').toJSON(),
  'a String object': new String('boxed'),
  'a Number object': new Number(5),
  'a Date': new Date(0),
  'a Map': new Map([[1, 2]]),
  'an object without a prototype': Object.create(null),
  'a Blob-like object': {
    arrayBuffer: () => Promise.resolve(Buffer.from('like').buffer),
    size: 4,
    type: '',
    stream() {},
  },
};

const CALLS = {
  send: (ws, data, callback) => ws.send(data, callback),
  ping: (ws, data, callback) => ws.ping(data, callback),
  pong: (ws, data, callback) => ws.pong(data, callback),
};

module.exports = [
  ...Object.entries(VALUES).map(([title, value]) => ({
    name: `${title} is sent`,
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      for (const [name, call] of Object.entries(CALLS)) {
        t.call(name, () => call(subject, value, t.callback(`${name} done`)));
      }
      t.call('text', () => subject.send(value, { binary: false }));
      t.call('binary', () => subject.send(value, { binary: true }));
      subject.send('end', t.callback('end'));
      await t.until('end called');
      await t.until(/656e64$/, { lane: 'raw' });
      t.properties(subject, ['bufferedAmount']);
    },
  })),
  {
    name: 'a function is a callback, not data',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      t.call('send', () => subject.send(t.callback('data of send')));
      t.call('ping', () => subject.ping(t.callback('data of ping'), true));
      t.call('pong', () => subject.pong(t.callback('data of pong')));
      await t.settle();
    },
  },
  {
    name: 'where the callback may stand',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      const done = (name) => t.callback(name);
      t.call('1', () => subject.send());
      t.call('2', () => subject.send('a', done('second')));
      t.call('3', () => subject.send('b', undefined, done('third')));
      t.call('4', () => subject.send('c', null, done('third, null')));
      t.call('5', () => subject.send('d', {}, done('third, {}')));
      t.call('6', () => subject.send('e', done('second of two'), done('no')));
      t.call('7', () => subject.ping());
      t.call('8', () => subject.ping(done('first')));
      t.call('9', () => subject.ping('f', done('second')));
      t.call('10', () => subject.ping('g', undefined, done('third')));
      t.call('11', () => subject.ping('h', false, done('third, false')));
      t.call('12', () => subject.pong('i', true, done('third, true')));
      t.call('13', () =>
        subject.pong(done('first of three'), true, done('no')),
      );
      t.call('14', () => subject.pong('j', null, done('third, null')));
      await t.until('third, null called', { count: 2 });
      await t.settle();
    },
  },
  {
    name: 'null for a callback',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      t.call('send', () => subject.send('a', {}, null));
      t.call('ping', () => subject.ping('b', true, null));
      t.call('pong', () => subject.pong('c', undefined, null));
      await t.settle();
      subject.close();
      t.call('send', () => subject.send('a', {}, null));
      await t.settle();
    },
  },
  {
    name: 'a SharedArrayBuffer is sent',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      // Each a new one: a client of ws masks it in its place.
      t.call('send', () => subject.send(shared(), t.callback('sent')));
      t.call('ping', () => subject.ping(shared()));
      t.call('pong', () => subject.pong(shared()));
      t.call('text', () => subject.send(shared(), { binary: false }));
      await t.settle();
    },
  },
  {
    name: 'options for send()',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw({
        subject: { generateMask: (key) => key.fill(7) },
        noteMasks: t.role === 'client',
      });
      const send = (...args) => t.call('send', () => subject.send(...args));
      for (const value of [true, false, undefined, null, 0, 1, '']) {
        send('text', { binary: value });
        send(Buffer.from('data'), { binary: value });
        send('mask', { mask: value });
        send('compress', { compress: value });
      }
      send('unknown', { unknown: 1, opcode: 9, rsv1: true });
      send('string', 'binary');
      send('number', 5);
      send('array', [1]);
      send('inherited', Object.create({ binary: true }));
      await t.settle();
    },
  },
  {
    name: 'fin: false begins a message, and what follows goes on with it',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      const send = (...args) => t.call('send', () => subject.send(...args));
      send('one', { fin: false });
      subject.ping('ping');
      send(Buffer.from('two'), { fin: false, binary: true });
      subject.pong('pong');
      send('', { fin: undefined });
      send('three', { fin: true });
      send(Buffer.alloc(0), { fin: false });
      send('goes on', t.callback('sent'));
      send('new');
      await t.until('sent called');
      await t.settle();
    },
  },
  {
    name: 'a fragment of a compressed message',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectPeer({
        subject: { perMessageDeflate: { threshold: 0 } },
        peer: { autoPong: false, perMessageDeflate: { threshold: 0 } },
      });
      subject.send('one ', { fin: false });
      subject.send('two ', { fin: false, compress: false });
      subject.ping('between');
      subject.send('three', { fin: true }, t.callback('sent'));
      subject.send('plain', { compress: false });
      subject.send('', t.callback('empty'));
      subject.send(Buffer.alloc(0), { binary: true }, t.callback('all'));
      await t.until('all called');
      await t.until('peer message', { lane: 'peer', count: 4 });
    },
  },
  {
    name: 'mask given to ping() and pong()',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      for (const mask of [true, false, undefined, null, 0, 'yes']) {
        t.call('ping', () => subject.ping('p', mask));
        t.call('pong', () => subject.pong('q', mask));
      }
      await t.settle();
    },
  },
  {
    name: 'ping() and pong() take 125 bytes',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      const callback = t.callback('never');
      for (const kind of ['ping', 'pong']) {
        t.call('125', () => subject[kind]('x'.repeat(125)));
        t.call('126', () => subject[kind]('x'.repeat(126), true, callback));
        t.call('Buffer', () => subject[kind](Buffer.alloc(126), callback));
        t.call('characters', () => subject[kind]('€'.repeat(42)));
        t.call('array', () => subject[kind](new Array(126).fill(0)));
        t.call('words', () => subject[kind](new Uint16Array(63)));
      }
      t.properties(subject);
      await t.settle();
    },
  },
  {
    name: 'a Buffer that is changed after it was sent',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectPeer();
      for (const size of [1, 10, 100, 200]) {
        const data = Buffer.alloc(size, 'a');
        subject.send(data, t.callback(`sent ${size}`));
        await t.until(`sent ${size} called`);
        data.fill('b');
        t.note('data', data);
      }
      await t.until('peer message', { lane: 'peer', count: 4 });
    },
  },
  {
    name: 'what is sent is not changed',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      const given = [Buffer.alloc(50, 'a'), new Uint8Array(50), [1, 2, 3]];
      for (const data of given) {
        subject.send(data);
        subject.ping(data);
      }
      await t.settle();
      t.note('given', ...given);
    },
  },
  {
    name: 'generateMask',
    roles: ['client'],
    async play(t) {
      let calls = 0;
      const { subject, raw } = await t.connectRaw({
        subject: {
          generateMask(key) {
            t.note('generateMask', key.length, Buffer.isBuffer(key));
            key.writeUInt32BE(++calls % 2 ? calls * 65793 : 0);
          },
        },
        noteMasks: true,
      });
      subject.send('text');
      subject.send('');
      subject.send(Buffer.alloc(200, 'x'));
      subject.ping('ping');
      subject.send('no mask', { mask: false });
      subject.send('with one', { fin: false });
      raw.send({ opcode: OPCODE.PING, payload: 'answered' });
      await t.until('subject ping');
      subject.close(1000, 'reason');
      await t.until('frame CLOSE', { lane: 'raw' });
    },
  },
];

function shared() {
  const memory = new SharedArrayBuffer(4);
  new Uint8Array(memory).set([9, 8, 7, 6]);
  return memory;
}
