'use strict';

const { OPCODE, buildFrame, closePayload } = require('../../support/frames');
const { deflated, make } = require('../support/standalone-receivers');

const { TEXT, BINARY, CONTINUATION, PING, PONG, CLOSE } = OPCODE;
const KEY = Buffer.from([9, 8, 7, 6]);

const GOOD = { opcode: TEXT, payload: 'good' };
const BEGUN = { opcode: TEXT, payload: 'begun', fin: false };

/** What no receiver accepts, whatever its options. */
const FAULTS = {
  RSV1: [{ ...GOOD, rsv1: true }],
  RSV2: [{ ...GOOD, rsv2: true }],
  RSV3: [{ ...GOOD, rsv3: true }],
  'all of RSV': [{ ...GOOD, rsv1: true, rsv2: true, rsv3: true }],
  'RSV1 on a ping': [{ opcode: PING, rsv1: true }],
  'RSV1 on a close frame': [{ opcode: CLOSE, rsv1: true }],
  'RSV1 on a continuation': [BEGUN, { opcode: CONTINUATION, rsv1: true }],
  'RSV1 on a reserved opcode': [{ opcode: 3, rsv1: true }],
  ...Object.fromEntries(
    [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [
      `opcode ${opcode}`,
      [GOOD, { opcode }],
    ]),
  ),
  'a reserved opcode that is not final': [{ opcode: 11, fin: false }],
  'a continuation of nothing': [{ opcode: CONTINUATION }],
  'a continuation of a finished message': [
    BEGUN,
    { opcode: CONTINUATION },
    { opcode: CONTINUATION },
  ],
  'a text message within a message': [BEGUN, GOOD],
  'a binary message within a message': [BEGUN, { opcode: BINARY }],
  'a text message within a binary one': [
    { opcode: BINARY, fin: false },
    { ...GOOD, fin: false },
  ],
  'a ping that is not final': [{ opcode: PING, fin: false }],
  'a pong that is not final': [{ opcode: PONG, fin: false }],
  'a close frame that is not final': [{ opcode: CLOSE, fin: false }],
  'a ping of 126 bytes': [{ opcode: PING, payload: 'x'.repeat(126) }],
  'a pong of 65536 bytes': [{ opcode: PONG, payload: '', length: 65536 }],
  'a ping with a long form of a length': [
    { opcode: PING, payload: 'x', lengthBits: 16 },
  ],
  'a close frame of one byte': [{ opcode: CLOSE, payload: 'x' }],
  'a close frame of 126 bytes': [
    { opcode: CLOSE, payload: closePayload(1000, 'x'.repeat(124)) },
  ],
  'a length of 2^53': [{ opcode: BINARY, length: 2n ** 53n, lengthBits: 64 }],
  'a length of 2^64 - 1': [
    { opcode: BINARY, length: 2n ** 64n - 1n, lengthBits: 64 },
  ],
  'a wrong mask': [GOOD, { ...GOOD, mask: 'wrong' }],
  'a wrong mask on a ping': [{ opcode: PING, mask: 'wrong' }],
  'a wrong mask and a fragment of nothing': [
    { opcode: CONTINUATION, mask: 'wrong' },
  ],
  'a wrong mask and a length that is too large': [
    { opcode: BINARY, mask: 'wrong', length: 2n ** 60n, lengthBits: 64 },
  ],
  ...Object.fromEntries(
    [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map((code) => [
      `the close code ${code}`,
      [{ opcode: CLOSE, payload: closePayload(code, 'why') }],
    ]),
  ),
  'a reason that is not UTF-8': [
    { opcode: CLOSE, payload: closePayload(1000, Buffer.from([0xc3, 0x28])) },
  ],
  'a bad code and a bad reason': [
    { opcode: CLOSE, payload: closePayload(1005, Buffer.from([0xff])) },
  ],
  ...Object.fromEntries(
    Object.entries({
      'a lone continuation byte': [0x80],
      'a byte that never occurs': [0xff],
      'a character that is cut': [0x61, 0xe2, 0x82],
      'an overlong slash': [0xc0, 0xaf],
      'an overlong character of three bytes': [0xe0, 0x80, 0xaf],
      'an overlong character of four bytes': [0xf0, 0x80, 0x80, 0xaf],
      'a surrogate': [0xed, 0xa0, 0x80],
      'a character past U+10FFFF': [0xf4, 0x90, 0x80, 0x80],
      'a bad byte behind 30 good ones': [...Buffer.alloc(30, 'g'), 0xfe],
    }).map(([title, bytes]) => [
      `text with ${title}`,
      [{ opcode: TEXT, payload: Buffer.from(bytes) }],
    ]),
  ),
  'text whose last fragment is bad': [
    BEGUN,
    { opcode: CONTINUATION, payload: Buffer.from([0xe2, 0x82]) },
  ],
};

/** What is refused because of a limit. */
const LIMITS = {
  'a message at the limit': [{ maxPayload: 4 }, [GOOD, GOOD]],
  'a message past the limit': [{ maxPayload: 3 }, [GOOD]],
  'a length past the limit, and nothing more': [
    { maxPayload: 1000 },
    [{ opcode: BINARY, length: 1001 }],
  ],
  'a length past the limit in 64 bits': [
    { maxPayload: 65536 },
    [{ opcode: BINARY, length: 65537 }],
  ],
  'fragments past the limit': [
    { maxPayload: 9 },
    [BEGUN, { opcode: CONTINUATION, payload: 'x'.repeat(5) }],
  ],
  'fragments at the limit, twice': [
    { maxPayload: 6 },
    [
      BEGUN,
      { opcode: CONTINUATION, payload: 'x' },
      BEGUN,
      { opcode: CONTINUATION, payload: 'x' },
    ],
  ],
  'an empty fragment past the limit': [
    { maxPayload: 5 },
    [BEGUN, { opcode: CONTINUATION }],
  ],
  'a ping that is larger than the limit': [
    { maxPayload: 2 },
    [{ opcode: PING, payload: 'abc' }],
  ],
  'a negative limit': [{ maxPayload: -1 }, [GOOD]],
  'fragments at the limit of their number': [
    { maxFragments: 2 },
    [BEGUN, { opcode: PING }, { opcode: CONTINUATION }, GOOD],
  ],
  'one fragment too many': [
    { maxFragments: 2 },
    [
      BEGUN,
      { opcode: CONTINUATION, payload: 'x', fin: false },
      { opcode: CONTINUATION },
    ],
  ],
  'one empty fragment too many, of one': [
    { maxFragments: 1 },
    [
      { opcode: BINARY, fin: false },
      { opcode: CONTINUATION, fin: false },
    ],
  ],
  'bad text and one fragment too many': [
    { maxFragments: 1 },
    [
      { opcode: BINARY, payload: 'x', fin: false },
      { opcode: CONTINUATION, payload: Buffer.from([0xff]) },
    ],
  ],
  'bad text, not looked at': [
    { skipUTF8Validation: true },
    [
      { opcode: TEXT, payload: Buffer.from([0xff, 0xc0]) },
      { opcode: CLOSE, payload: closePayload(1000, Buffer.from([0xff])) },
    ],
  ],
};

module.exports = [
  ...Object.entries(FAULTS).map(([title, frames]) => ({
    name: title,
    async play(t) {
      for (const isServer of [true, false]) {
        const bytes = layOut(frames, isServer);
        await receive(t, { isServer }, [bytes, Buffer.from('behind')]);
        await receive(t, { isServer, allowSynchronousEvents: false }, [bytes]);
      }
    },
  })),
  ...Object.entries(FAULTS)
    // Where text is bad is for another scenario.
    .filter(([title]) => !title.startsWith('text with'))
    .map(([title, frames]) => ({
      name: `${title}, a byte at a time`,
      async play(t) {
        for (const isServer of [true, false]) {
          const bytes = layOut(frames, isServer).subarray(0, 40);
          const each = [...bytes].map((byte) => [byte]);
          await receive(t, { isServer }, each);
        }
      },
    })),
  ...Object.entries(LIMITS).map(([title, [options, frames]]) => ({
    name: title,
    async play(t) {
      const bytes = layOut(frames, false);
      await receive(t, options, [bytes]);
      await receive(
        t,
        options,
        [...bytes].map((byte) => [byte]),
      );
    },
  })),
  ...[1, 2, 3].map((maxBufferedChunks) => ({
    name: `no more than ${maxBufferedChunks} chunks wait`,
    async play(t) {
      const bytes = buildFrame({ opcode: TEXT, payload: 'hello' });
      const each = [...bytes].map((byte) => [byte]);
      const halves = [bytes.subarray(0, 4), bytes.subarray(4)];
      await receive(t, { maxBufferedChunks }, [bytes, bytes]);
      await receive(t, { maxBufferedChunks }, [...halves, ...halves]);
      await receive(t, { maxBufferedChunks }, each);
    },
  })),
  {
    name: 'empty chunks count, too',
    async play(t) {
      const bytes = buildFrame(GOOD);
      await receive(t, { maxBufferedChunks: 3 }, [[], [], bytes]);
      await receive(t, { maxBufferedChunks: 3 }, [[], [], [], [], bytes]);
    },
  },
  {
    name: 'text is found to be bad at the first byte that is',
    differs: 'a fault within a message',
    async play(t) {
      const payload = Buffer.from([0x61, 0xf4, 0x90, 0x80, 0x80]);
      const bytes = buildFrame({ opcode: TEXT, payload });
      const each = [...bytes].map((byte) => [byte]);
      await receive(t, {}, each);
    },
  },
  {
    name: 'after a fault nothing is decoded, and each write fails',
    async play(t) {
      const receiver = make(t);
      const bad = buildFrame({ opcode: 3 });
      const good = buildFrame(GOOD);
      t.call('bad', () => receiver.write(bad, t.callback('bad')));
      t.call('good', () => receiver.write(good, t.callback('good')));
      t.properties(receiver, ['_errored', 'destroyed', 'writableLength']);
      await t.markers('fault');
      t.call('late', () => receiver.write(good, t.callback('late')));
      t.call('end', () => receiver.end(t.callback('end')) === receiver);
      await t.markers('late');
      t.properties(receiver, ['_errored', 'destroyed', 'closed']);
      t.note('_writableState', receiver._writableState.errorEmitted);
    },
  },
  {
    name: 'a deferred event, then a fault and more in chunks that wait',
    differs:
      'bytes behind a fault that were read while an event was deferred or data was inflated',
    async play(t) {
      t.catchUncaught();
      const receiver = make(t, {
        allowSynchronousEvents: false,
        isServer: true,
      });
      const bad = { opcode: TEXT, payload: Buffer.from([0xff]) };
      for (const frame of [{ opcode: PING }, bad, GOOD]) {
        receiver.write(layOut([frame], true));
      }
      await t.until('receiver error');
      await t.markers('fault');
    },
  },
  {
    name: 'an error that nobody listens for',
    async play(t) {
      t.catchUncaught();
      const receiver = new t.ws.Receiver();
      t.call('bad', () => receiver.write(buildFrame({ opcode: 3 })));
      await t.until('uncaught', { lane: 'process' });
    },
  },
  {
    name: 'the error of a fault has a code of its own, and nothing else',
    async play(t) {
      const receiver = new t.ws.Receiver();
      const failed = new Promise((resolve) => receiver.on('error', resolve));
      receiver.write(buildFrame({ opcode: 3 }));
      const error = await failed;
      t.note('keys', Object.keys(error), error instanceof RangeError);
      t.note('text', String(error), /^RangeError: Invalid/.test(error.stack));
    },
  },
  ...Object.entries({
    'data that does not inflate': [{}, Buffer.from('no deflate')],
    'a message that inflates past the limit': [
      { maxPayload: 20 },
      deflated('x'.repeat(21)),
    ],
    'a message that inflates to the limit': [
      { maxPayload: 20 },
      deflated('x'.repeat(20)),
    ],
    'text that is not UTF-8 when inflated': [{}, deflated(Buffer.from([0xff]))],
  }).map(([title, [options, payload]]) => ({
    name: `compressed: ${title}`,
    async play(t) {
      const extension = new t.ws.PerMessageDeflate(options);
      extension.accept([{}]);
      const receiver = make(t, {
        ...options,
        extensions: { 'permessage-deflate': extension },
      });
      const frames = [{ opcode: TEXT, rsv1: true, payload }, { opcode: PING }];
      receiver.write(layOut(frames, false));
      await t.until(/^receiver (error|ping)/);
      receiver.destroy();
      await t.until('receiver close');
    },
  })),
  {
    name: 'compressed: RSV1 where it may not be',
    async play(t) {
      const bad = [
        [{ opcode: PING, rsv1: true }],
        [{ opcode: CLOSE, rsv1: true }],
        [BEGUN, { opcode: CONTINUATION, rsv1: true }],
        [{ ...GOOD, rsv1: true, rsv2: true }],
        [{ opcode: CONTINUATION, rsv1: true }],
      ];
      for (const frames of bad) {
        const extension = new t.ws.PerMessageDeflate();
        extension.accept([{}]);
        const extensions = { 'permessage-deflate': extension };
        await receive(t, { extensions }, [layOut(frames, false)]);
      }
    },
  },
];

function layOut(frames, isServer) {
  return Buffer.concat(
    frames.map(({ mask, ...frame }) => {
      const masks = mask === 'wrong' ? !isServer : isServer;
      return buildFrame({ ...frame, mask: masks && KEY });
    }),
  );
}

async function receive(t, options, chunks) {
  const receiver = make(t, options);
  for (const chunk of chunks) {
    receiver.write(Buffer.from(chunk), (error) => {
      if (error) t.note('write failed', error);
    });
  }
  receiver.end();
  while (!receiver.closed) await t.turn();
  t.note('closed');
}
