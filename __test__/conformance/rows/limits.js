'use strict';

const {
  CUT,
  accepted,
  binary,
  continuation,
  failed,
  inSegments,
  ping,
  seen,
  text,
  unfinished,
} = require('../vocabulary');
const { deflated } = require('../deflate');

const DEFAULT_LIMIT = 100 * 1024 * 1024;

const TOO_LARGE = failed(1009, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
const TOO_MANY = (api, wire) =>
  failed(1008, 'WS_ERR_TOO_MANY_BUFFERED_PARTS', api, wire);

const compressed = {
  extension: 'permessage-deflate',
  options: { perMessageDeflate: true, maxPayload: 1000 },
};

module.exports = {
  title: 'Limits',
  rules: [
    {
      id: 'limits/max-payload',
      section: 'RFC 6455, 7.4.1, 10.4',
      rule: 'A message of `maxPayload` bytes is taken; one of more is refused with 1009, as soon as its length is known.',
      rows: [
        ...[1, 125, 126, 65535, 65536].flatMap((limit) => [
          {
            id: `${limit}-at-the-limit`,
            options: { maxPayload: limit },
            send: [binary('x'.repeat(limit)), text('y'.repeat(limit))],
            expect: accepted([
              seen('binary', 'x'.repeat(limit)),
              seen('text', 'y'.repeat(limit)),
            ]),
          },
          {
            id: `${limit}-and-one`,
            options: { maxPayload: limit },
            sends: `a header for ${limit + 1} bytes, with a limit of ${limit}; the end`,
            send: [binary('', { length: limit + 1 })],
            ending: 'fin',
            expect: TOO_LARGE,
          },
        ]),
        {
          id: 'default-limit-and-one',
          sends: 'a header for 100 MiB and a byte; the end',
          send: [binary('', { length: DEFAULT_LIMIT + 1 })],
          ending: 'fin',
          expect: TOO_LARGE,
        },
        {
          id: 'default-limit',
          sends: 'a header for 100 MiB; the end',
          send: [binary('', { length: DEFAULT_LIMIT })],
          ending: 'fin',
          expect: { api: ['close 1006'], wire: [] },
        },
        {
          id: 'no-limit',
          sends: 'a header for 1 TiB, with `maxPayload: 0`; the end',
          options: { maxPayload: 0 },
          send: [binary('', { length: 2 ** 40 })],
          ending: 'fin',
          expect: { api: ['close 1006'], wire: [] },
        },
      ],
    },
    {
      id: 'limits/max-payload-over-fragments',
      section: 'RFC 6455, 10.4',
      rule: '`maxPayload` is for a message, in however many fragments it comes; control frames do not count.',
      rows: [
        {
          id: 'at-the-limit',
          options: { maxPayload: 10 },
          send: [
            unfinished(text('12345')),
            ping('not counted'),
            continuation('67890'),
          ],
          expect: accepted(
            ['ping "not counted"', 'text "1234567890"'],
            ['pong "not counted"'],
          ),
        },
        {
          id: 'and-one',
          options: { maxPayload: 10 },
          send: [unfinished(text('12345')), continuation('678901')],
          expect: TOO_LARGE,
        },
        {
          id: 'and-one-in-the-third',
          options: { maxPayload: 10 },
          send: [
            unfinished(text('12345')),
            unfinished(continuation('67890')),
            continuation('1'),
          ],
          expect: TOO_LARGE,
        },
        {
          id: 'an-empty-fragment-at-the-limit',
          options: { maxPayload: 10 },
          send: [unfinished(text('1234567890')), continuation()],
          expect: accepted(['text "1234567890"']),
        },
        {
          id: 'each-message-anew',
          options: { maxPayload: 5 },
          send: [
            text('12345'),
            unfinished(text('12')),
            continuation('345'),
            binary('12345'),
          ],
          expect: accepted(['text "12345"', 'text "12345"', 'binary "12345"']),
        },
        {
          id: 'lengths-that-overflow',
          sends:
            'two fragments of 2^52 bytes each, announced, with a limit of 2^31 - 1',
          options: { maxPayload: 2 ** 31 - 1 },
          send: [binary('', { length: 2 ** 52, fin: false })],
          ending: 'fin',
          expect: TOO_LARGE,
        },
      ],
    },
    {
      id: 'limits/max-payload-inflated',
      section: 'RFC 6455, 10.4; RFC 7692, 8',
      rule: '`maxPayload` is for what a compressed message inflates to, and inflating stops there.',
      rows: [
        {
          id: 'at-the-limit',
          ...compressed,
          send: [binary(deflated('x'.repeat(1000)), { rsv1: true })],
          expect: accepted([seen('binary', 'x'.repeat(1000))]),
        },
        {
          id: 'and-one',
          ...compressed,
          sends: 'binary RSV1 of 1,001 bytes, compressed',
          send: [binary(deflated('x'.repeat(1001)), { rsv1: true })],
          expect: TOO_LARGE,
        },
        {
          id: 'a-bomb',
          ...compressed,
          options: { perMessageDeflate: true, maxPayload: 100_000 },
          sends: '20 MB of zeros, compressed',
          send: [binary(deflated(Buffer.alloc(20_000_000)), { rsv1: true })],
          expect: TOO_LARGE,
        },
        {
          id: 'over-fragments',
          ...compressed,
          sends: 'binary RSV1 of 1,001 bytes, compressed, in two fragments',
          send: [
            unfinished(
              binary(deflated('x'.repeat(1001)).subarray(0, 4), { rsv1: true }),
            ),
            continuation(deflated('x'.repeat(1001)).subarray(4)),
          ],
          expect: TOO_LARGE,
        },
        {
          id: 'not-compressed-at-the-limit',
          ...compressed,
          send: [binary('x'.repeat(1000))],
          expect: accepted([seen('binary', 'x'.repeat(1000))]),
        },
        {
          id: 'not-compressed-and-one',
          ...compressed,
          send: [binary('x'.repeat(1001))],
          expect: TOO_LARGE,
        },
      ],
    },
    {
      id: 'limits/max-fragments',
      section: 'RFC 6455, 7.4.1, 10.4',
      rule: 'A message of `maxFragments` frames is taken; one of more is refused with 1008. Control frames do not count.',
      rows: [
        {
          id: 'each-message-anew',
          options: { maxFragments: 2 },
          send: [...fragments(2, 'a', []), ...fragments(2, 'b', []), text('c')],
          expect: accepted(['text "aa"', 'text "bb"', 'text "c"']),
        },
        ...[1, 2, 3, 10].flatMap((limit) =>
          ['', 'x'].flatMap((payload) => [
            {
              id: `${limit}-${payload ? 'full' : 'empty'}-at-the-limit`,
              group: `text in ${limit} ${payload ? '' : 'empty '}fragments with pings between, with a limit of ${limit}`,
              options: { maxFragments: limit },
              send: fragments(limit, payload),
              expect: accepted(
                [
                  ...Array(limit - 1).fill('ping'),
                  seen('text', payload.repeat(limit)),
                ],
                Array(limit - 1).fill('pong'),
              ),
            },
            {
              id: `${limit}-${payload ? 'full' : 'empty'}-and-one`,
              group: `text in ${limit + 1} ${payload ? '' : 'empty '}fragments with pings between, with a limit of ${limit}`,
              options: { maxFragments: limit },
              send: fragments(limit + 1, payload),
              expect: TOO_MANY(
                Array(limit).fill('ping'),
                Array(limit).fill('pong'),
              ),
            },
          ]),
        ),
      ],
    },
    {
      id: 'limits/max-fragments-default',
      section: 'RFC 6455, 7.4.1, 10.4',
      rule: 'By default a message may have 16,384 frames; 0 means any number.',
      rows: [
        {
          id: 'at-the-limit',
          sends: 'text in 16,384 empty fragments',
          send: fragments(16_384, '', []),
          expect: accepted(['text']),
        },
        {
          id: 'and-one',
          sends: 'text in 16,385 empty fragments',
          send: fragments(16_385, '', []),
          expect: TOO_MANY(),
        },
        {
          id: 'no-limit',
          options: { maxFragments: 0 },
          sends: 'text in 20,000 empty fragments, with `maxFragments: 0`',
          send: fragments(20_000, '', []),
          expect: accepted(['text']),
        },
      ],
    },
    {
      id: 'limits/max-buffered-chunks',
      section: 'RFC 6455, 7.4.1, 10.4',
      rule: 'A frame that comes in `maxBufferedChunks` TCP segments is taken; one of more is refused with 1008.',
      rows: [2, 3, 5].flatMap((limit) => [
        {
          id: `${limit}-at-the-limit`,
          options: { maxBufferedChunks: limit },
          sends: `binary "12345678" in ${limit} segments, with a limit of ${limit}`,
          send: segments('12345678', limit),
          expect: accepted(['binary "12345678"']),
        },
        {
          id: `${limit}-and-more`,
          options: { maxBufferedChunks: limit },
          sends: `binary "12345678" in ${limit + 3} segments, with a limit of ${limit}`,
          send: segments('12345678', limit + 3),
          expect: TOO_MANY(),
        },
        {
          id: `${limit}-for-each-frame`,
          options: { maxBufferedChunks: limit },
          sends: `5 frames in ${limit} segments each, with a limit of ${limit}`,
          send: Array(5).fill(segments('12345678', limit)).flat(),
          expect: accepted(Array(5).fill('binary "12345678"')),
        },
      ]),
    },
  ],
};

/** A text in so many frames, with something in between. */
function fragments(count, payload, between = [ping()]) {
  return Array.from({ length: count }, (_, i) => [
    ...(i > 0 ? between : []),
    (i === 0 ? text : continuation)(payload, { fin: i === count - 1 }),
  ]).flat();
}

/** The steps of a frame of which so many segments have a part. */
function segments(payload, count) {
  return [inSegments(binary(payload), count), CUT];
}
