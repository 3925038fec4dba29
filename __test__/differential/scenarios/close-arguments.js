'use strict';

const BOTH = ['server', 'client'];

const VALID_CODES = [1002, 1003, 1007, 1008, 1012, 1013, 1014, 3999, 1000.5];

const INVALID_CODES = [
  -1,
  0,
  999,
  999.999,
  1004,
  1005,
  1006,
  1015,
  1016,
  2999,
  5000,
  65536,
  66536,
  -64536,
  2 ** 32 + 1000,
  NaN,
  Infinity,
  -Infinity,
  null,
  false,
  true,
  '',
  '1000',
  {},
  [1000],
  [],
  1000n,
  Symbol('1000'),
  new Number(1000),
  { valueOf: () => 1000 },
  () => 1000,
  4999.5,
];

/** What may stand for a reason, or what is refused. */
const REASONS = {
  'a string': 'why',
  'an empty string': '',
  'a string of 123 bytes': 'x'.repeat(123),
  'a string of 124 bytes': 'x'.repeat(124),
  'a string of 123 bytes in 41 characters': '€'.repeat(41),
  'a string of 126 bytes in 42 characters': '€'.repeat(42),
  'a lone surrogate': '\ud800',
  'a Buffer': Buffer.from('buffer'),
  'an empty Buffer': Buffer.alloc(0),
  'a Buffer of 123 bytes': Buffer.alloc(123, 'b'),
  'a Buffer of 124 bytes': Buffer.alloc(124, 'b'),
  'a Buffer that is not UTF-8': Buffer.from([0xff, 0xfe]),
  'a Uint8Array': new Uint8Array([119, 104, 121]),
  'a view into a larger ArrayBuffer': new Uint8Array(
    Uint8Array.from('abcdef', (c) => c.charCodeAt(0)).buffer,
    2,
    3,
  ),
  'a Uint8ClampedArray': new Uint8ClampedArray([119]),
  'an Int8Array': new Int8Array([119]),
  'a Uint16Array': new Uint16Array([119, 104]),
  'a DataView': new DataView(new ArrayBuffer(3)),
  'an ArrayBuffer': new ArrayBuffer(3),
  'a SharedArrayBuffer': new SharedArrayBuffer(3),
  'an array of bytes': [119, 104, 121],
  'an empty array': [],
  'a number': 5,
  null: null,
  false: false,
  true: true,
  'an object': {},
  'an object with a length': { length: 2, 0: 119, 1: 104 },
  'an object with a length of 0': { length: 0 },
  'a function': () => {},
  'a function with a parameter': (one) => one,
  'a symbol': Symbol('why'),
  'a String object': new String('why'),
};

module.exports = [
  ...VALID_CODES.map((code) => ({
    name: `close(${code}) sends the code`,
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      t.call('close', () => subject.close(code));
      t.properties(subject, ['readyState', '_closeFrameSent', '_closeCode']);
      while (!subject._closeFrameSent) await t.turn();
      t.properties(subject, ['readyState', '_closeCode']);
      raw.close(1000, 'answer');
      raw.socket.end();
      await bothEnds(t);
    },
  })),
  {
    name: 'a code that must not be sent leaves the connection open',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      for (const [index, code] of INVALID_CODES.entries()) {
        t.call(`close ${index}`, () => subject.close(code));
        t.call(`close ${index} with a reason`, () => subject.close(code, 'x'));
      }
      t.properties(subject, ['readyState', '_closeFrameSent', '_closeTimer']);
      t.call('send', () => subject.send('still here'));
      await t.until('frame TEXT', { lane: 'raw' });
      raw.text('so am I');
      await t.until('subject message');
    },
  },
  ...Object.entries(REASONS).map(([title, reason]) => ({
    name: `a reason: ${title}`,
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      t.call('close', () => subject.close(3000, reason));
      t.properties(subject, ['readyState']);
      t.call('close again', () => subject.close(3001, 'again'));
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.close(1000);
      raw.socket.end();
      await bothEnds(t);
    },
  })),
  {
    name: 'a reason without a code is not sent, whatever it is',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      t.call('close', () => subject.close(undefined, 'x'.repeat(200)));
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.close();
      raw.socket.end();
      await bothEnds(t);
      t.properties(subject, ['_closeCode', '_closeMessage']);
    },
  },
  {
    name: 'a Buffer that is changed after close() as a reason',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      const reason = Buffer.from('before');
      t.call('close', () => subject.close(4000, reason));
      reason.fill('x');
      await t.until('frame CLOSE', { lane: 'raw' });
    },
  },
  {
    name: 'after a first close() no argument is looked at',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      t.call('close', () => subject.close(1000, 'first'));
      t.call('bad code', () => subject.close(7));
      t.call('bad reason', () => subject.close(1000, 'x'.repeat(200)));
      await t.settle();
      raw.close(4001, 'second');
      raw.socket.end();
      await bothEnds(t);
      t.call('bad code', () => subject.close(7));
      t.call('bad reason', () => subject.close(1000, {}));
      await t.settle();
    },
  },
  {
    name: 'a refused close() within a message listener',
    roles: BOTH,
    async play(t) {
      t.catchUncaught();
      const { raw, deliver } = await t.connectRaw({
        prepare(subject) {
          subject.on('message', () => subject.close(1006));
        },
      });
      await deliver(raw.build({ opcode: 1, payload: 'one' }));
      await t.until('uncaught', { lane: 'process' });
    },
  },
];

function bothEnds(t) {
  return Promise.all([
    t.until('subject close'),
    t.until('closed', { lane: 'raw' }),
  ]);
}
