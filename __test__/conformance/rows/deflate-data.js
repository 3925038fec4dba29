'use strict';

const zlib = require('node:zlib');
const {
  accepted,
  binary,
  continuation,
  failed,
  seen,
  text,
  unfinished,
} = require('../vocabulary');
const { DeflateContext, TAIL, deflated } = require('../deflate');
const { SeededRandom } = require('../../support/random');

const RSV1 = { rsv1: true };

const FAULT = (api, wire) => failed(1007, 'Z_DATA_ERROR', api, wire);

const NO_TAKEOVER = 'client_no_context_takeover; server_no_context_takeover';

/** One block, and the last of its stream. */
const FINAL_HELLO = zlib.deflateRawSync('Hello');

const INCOMPLETE =
  'ws hands out what there is; the next compressed message fails the connection';

const message = (...bytes) =>
  text(Buffer.from(bytes.flatMap((b) => [...b])), RSV1);
const hex = (string) => Buffer.from(string.replaceAll(' ', ''), 'hex');

const NOISE = new SeededRandom(1).bytes(3000);

module.exports = {
  title: 'permessage-deflate: data',
  rules: [
    {
      id: 'deflate-data/examples',
      section: 'RFC 7692, 7.2.3',
      rule: 'The examples of the RFC are read as it says.',
      rows: [
        ['one-block', [hex('f2 48 cd c9 c9 07 00')], ['Hello']],
        [
          'the-window-is-shared',
          [hex('f2 48 cd c9 c9 07 00'), hex('f2 00 11 00 00')],
          ['Hello', 'Hello'],
        ],
        [
          'twice-alike',
          [hex('f2 48 cd c9 c9 07 00'), hex('f2 48 cd c9 c9 07 00')],
          ['Hello', 'Hello'],
        ],
        [
          'no-compression',
          [hex('00 05 00 fa ff 48 65 6c 6c 6f 00')],
          ['Hello'],
        ],
        ['final-block', [hex('f3 48 cd c9 c9 07 00 00')], ['Hello']],
        [
          'two-blocks',
          [hex('f2 48 05 00 00 00 ff ff ca c9 c9 07 00')],
          ['Hello'],
        ],
        ['empty', [hex('00')], ['']],
      ].map(([id, payloads, messages]) => ({
        id,
        send: payloads.map((payload) => text(payload, RSV1)),
        expect: accepted(messages.map((each) => seen('text', each))),
      })),
    },
    {
      id: 'deflate-data/empty',
      section: 'RFC 7692, 7.2.3.6',
      rule: 'An empty message has an empty block of any kind.',
      rows: [
        ['stored', '00'],
        ['fixed', '02 00'],
        ['two-stored', '00 00 00 ff ff 00'],
        ['final-fixed', '03 00 00'],
        ['final-stored', '01 00 00 ff ff 00'],
      ].flatMap(([id, payload]) => [
        { id, send: [text(hex(payload), RSV1)], expect: accepted(['text']) },
        {
          id: `${id}-binary`,
          send: [binary(hex(payload), RSV1), text('a')],
          expect: accepted(['binary', 'text "a"']),
        },
        {
          id: `${id}-in-fragments`,
          send: [
            unfinished(text('', RSV1)),
            unfinished(continuation(hex(payload))),
            continuation(''),
          ],
          expect: accepted(['text']),
        },
      ]),
    },
    {
      id: 'deflate-data/blocks',
      section: 'RFC 7692, 7.2.1; RFC 1951, 3.2',
      rule: 'A message may be made of blocks of any kind, and of any number.',
      rows: [
        ['stored', 'stored', { level: 0 }],
        ['fixed-tables', 'fixed tables', { strategy: zlib.constants.Z_FIXED }],
        ['dynamic-tables', NOISE.toString('hex'), { level: 9 }],
        ['run-lengths', 'x'.repeat(1000), { strategy: zlib.constants.Z_RLE }],
        [
          'huffman-only',
          'only '.repeat(50),
          { strategy: zlib.constants.Z_HUFFMAN_ONLY },
        ],
        ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((level) => [
          `level-${level}`,
          'again and again '.repeat(99),
          { level },
        ]),
        ...[1, 9].map((memLevel) => [
          `memory-${memLevel}`,
          'again and again '.repeat(99),
          { memLevel },
        ]),
      ]
        .map(([id, data, options]) => ({
          id,
          send: [text(deflated(data, options), RSV1)],
          expect: accepted([seen('text', data)]),
        }))
        .concat([
          {
            id: 'a-flush-within',
            send: [message(deflated('two '), TAIL, deflated('blocks'))],
            expect: accepted(['text "two blocks"']),
          },
          {
            id: 'many-flushes',
            sends: '100 blocks, each flushed',
            send: [
              message(...Array(100).fill([...deflated('x'), ...TAIL]), [0]),
            ],
            expect: accepted([seen('text', 'x'.repeat(100))]),
          },
          {
            id: 'stored-of-65535',
            sends: 'a stored block of 65,535 bytes',
            send: [
              message(hex('00 ff ff 00 00'), Buffer.alloc(65_535, 'x'), [0]),
            ],
            expect: accepted([seen('text', 'x'.repeat(65_535))]),
          },
        ]),
    },
    {
      id: 'deflate-data/final-blocks',
      section: 'RFC 7692, 7.2.3.4',
      rule: 'A message may have final blocks; what is behind them is read all the same.',
      rows: [
        {
          id: 'then-a-fragment',
          send: [
            unfinished(text(FINAL_HELLO, RSV1)),
            continuation(deflated('World')),
            text('a'),
          ],
          expect: accepted(['text "HelloWorld"', 'text "a"']),
          ws: {
            expect: accepted(['text "Hello"', 'text "a"']),
            why: 'all of the message; ws drops what it has read together with the end of a stream',
          },
        },
        {
          id: 'then-a-block',
          send: [message(FINAL_HELLO, deflated('World')), text('a')],
          expect: accepted(['text "HelloWorld"', 'text "a"']),
          both: {
            expect: accepted(['text "Hello"', 'text "a"']),
            why: 'ws ignores the rest of a frame that has a final block',
          },
        },
        {
          id: 'without-the-octet-behind-it',
          send: [message(FINAL_HELLO)],
          expect: accepted(['text "Hello"']),
        },
        {
          id: 'then-not-compressed',
          send: [message(hex('f3 48 cd c9 c9 07 00 00')), text('a')],
          expect: accepted(['text "Hello"', 'text "a"']),
        },
        {
          id: 'then-compressed',
          send: [
            message(hex('f3 48 cd c9 c9 07 00 00')),
            message(deflated('a')),
          ],
          expect: accepted(['text "Hello"', 'text "a"']),
        },
        {
          id: 'then-another',
          send: [
            message(hex('f3 48 cd c9 c9 07 00 00')),
            message(hex('f3 48 cd c9 c9 07 00 00')),
          ],
          expect: accepted(['text "Hello"', 'text "Hello"']),
        },
      ],
    },
    {
      id: 'deflate-data/window',
      section: 'RFC 7692, 7.1.1, 7.2.2, 7.2.3.2',
      rule: 'With context takeover a message may refer to those before it, also across one that is not compressed; without, it must not.',
      rows: [
        {
          id: 'refers-to-the-message-before',
          send: inTurn({}, 'again and again', 'again and again'),
          expect: accepted([
            'text "again and again"',
            'text "again and again"',
          ]),
        },
        {
          id: 'across-one-that-is-not-compressed',
          send: inTurn({}, 'again and again', 'again and again').toSpliced(
            1,
            0,
            text('plain'),
          ),
          expect: accepted([
            'text "again and again"',
            'text "plain"',
            'text "again and again"',
          ]),
        },
        {
          id: 'across-many-messages',
          sends: 'text, 20 messages of 1,000 bytes, the same text',
          send: inTurn(
            {},
            'the first',
            ...Array.from({ length: 20 }, (_, i) => hexNoise(i)),
            'the first',
          ),
          expect: accepted([
            'text "the first"',
            ...Array.from({ length: 20 }, (_, i) => seen('text', hexNoise(i))),
            'text "the first"',
          ]),
        },
        {
          id: 'forgotten-and-not-referred-to',
          agreed: NO_TAKEOVER,
          send: inTurn(
            { takesOver: false },
            'again and again',
            'again and again',
          ),
          expect: accepted([
            'text "again and again"',
            'text "again and again"',
          ]),
        },
        {
          id: 'forgotten-and-referred-to',
          agreed: NO_TAKEOVER,
          sends:
            'two messages, the second of which refers to the first, although that was to be forgotten',
          send: inTurn({}, 'again and again', 'again and again'),
          expect: FAULT(['text "again and again"']),
        },
        {
          id: 'before-the-first-message',
          sends: 'a message that refers to one before it, where there was none',
          send: [message(hex('f2 00 11 00 00'))],
          expect: FAULT(),
        },
      ],
    },
    {
      id: 'deflate-data/beyond-the-window',
      section: 'RFC 7692, 7.1.2',
      rule: 'An agreed window binds the sender; a receiver may have a larger one, and read what refers further back.',
      rows: [9, 10, 12].map((bits) => {
        const far = new SeededRandom(bits).bytes(2 ** bits + 200);
        return {
          id: `${bits}-bits`,
          agreed: `client_max_window_bits=${bits}; server_max_window_bits=${bits}`,
          sends: `two messages, the second of which refers further back than the ${2 ** bits} bytes that were agreed on`,
          send: inTurn({}, far, far).map((each) => ({ ...each, opcode: 2 })),
          expect: accepted([seen('binary', far), seen('binary', far)]),
          ws: {
            expect: FAULT([seen('binary', far)]),
            why: 'what can be read is read',
          },
        };
      }),
    },
    {
      id: 'deflate-data/invalid',
      section: 'RFC 7692, 7.2.2; RFC 6455, 7.1.7; RFC 1951',
      rule: 'Data that is not deflate fails the connection with 1007.',
      rows: [
        ['reserved-block-type', '07'],
        ['reserved-block-type-final', 'ff'],
        [
          'reserved-block-type-behind-a-block',
          'f2 48 cd c9 c9 07 00 00 00 ff ff 06',
        ],
        ['stored-lengths-that-differ', '00 05 00 00 00 48 65 6c 6c 6f 00'],
        ['stored-length-not-inverted', '00 05 00 05 00 48 65 6c 6c 6f 00'],
        ['distance-too-far-back', '4b 04 e2 00'],
        ['reserved-distance', '4b 84 1f 00'],
        ['reserved-length', '1b 03 00 00'],
        ['too-many-lengths', 'fc ff ff ff'],
        ['over-subscribed-code-lengths', '05 80 ff ff ff ff ff ff 00'],
        ['text', '48 65 6c 6c 6f 2c 20 77 6f 72 6c 64'],
        ['zlib-header', '78 9c f3 48 cd c9 c9 07 00 05 8c 01 f5'],
        ['gzip-header', '1f 8b 08 00 00 00 00 00 00 03 f3 48'],
      ].flatMap(([id, payload]) => [
        { id, send: [text(hex(payload), RSV1)], expect: FAULT() },
        {
          id: `${id}-binary`,
          send: [text('a'), binary(hex(payload), RSV1), text('b')],
          expect: FAULT(['text "a"']),
        },
      ]),
    },
    {
      id: 'deflate-data/truncated',
      section: 'RFC 7692, 7.2.2; RFC 1951',
      rule: 'A compressed message must have all of its blocks.',
      rows: [
        ...['"H"', '"H`"', '"Heh"', '"Helh"', '"Hellh"'].map((seenText, i) => ({
          id: `fixed-tables-${i + 1}-of-7`,
          send: [text(hex('f2 48 cd c9 c9 07 00').subarray(0, i + 1), RSV1)],
          expect: FAULT(),
          both: { expect: accepted([`text ${seenText}`]), why: INCOMPLETE },
        })),
        ...[2, 3, 4, 8].map((length) => ({
          id: `stored-${length}-of-11`,
          send: [
            text(
              hex('00 05 00 fa ff 48 65 6c 6c 6f 00').subarray(0, length),
              RSV1,
            ),
          ],
          expect: FAULT(),
        })),
        {
          id: 'no-data',
          send: [text('', RSV1)],
          expect: FAULT(),
          both: { expect: accepted(['text']), why: INCOMPLETE },
        },
        {
          id: 'the-next-message',
          send: [text('', RSV1), text(deflated('a'), RSV1)],
          expect: FAULT(),
          both: { expect: FAULT(['text']), why: INCOMPLETE },
        },
      ],
    },
    {
      id: 'deflate-data/invalid-at-once',
      section: 'RFC 7692, 7.2.2; RFC 6455, 7.1.7',
      rule: 'Data that is not deflate fails the connection before the message is complete.',
      rows: [
        {
          id: 'in-a-fragment',
          send: [unfinished(text(hex('07 00 00'), RSV1)), text('x')],
          expect: FAULT(),
        },
        {
          id: 'in-a-frame',
          sends:
            'a reserved block type in a frame of 1,000 bytes, of which 3 come; the end',
          send: [text(hex('07 00 00'), { ...RSV1, length: 1000 })],
          ending: 'fin',
          expect: FAULT(),
          ws: {
            expect: { api: ['close 1006'], wire: [] },
            why: 'at the offending byte, not only when the frame is complete',
          },
        },
      ],
    },
  ].map(({ rows, ...rule }) => ({
    ...rule,
    rows: rows.map(({ agreed, ...row }) => ({
      ...row,
      extension: ['permessage-deflate', agreed].filter(Boolean).join('; '),
      options: { perMessageDeflate: true },
    })),
  })),
};

/** Compressed messages of one sender. */
function inTurn(agreed, ...messages) {
  const context = new DeflateContext(agreed);
  return messages.map((each) => text(context.deflate(Buffer.from(each)), RSV1));
}

function hexNoise(seed) {
  return new SeededRandom(seed + 10).bytes(500).toString('hex');
}
