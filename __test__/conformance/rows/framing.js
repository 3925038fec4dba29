'use strict';

const {
  accepted,
  binary,
  bytewise,
  close,
  continuation,
  cutOff,
  failed,
  frame,
  ping,
  pong,
  seen,
  text,
  unfinished,
} = require('../vocabulary');

/** A frame of each kind that is in order by itself. */
const ONE_OF_EACH = {
  text: [text('a')],
  binary: [binary('a')],
  continuation: [unfinished(text('a')), continuation('b')],
  ping: [ping('a')],
  pong: [pong('a')],
  close: [close(1000)],
};

const RESERVED_BITS = [
  { rsv1: true },
  { rsv2: true },
  { rsv3: true },
  { rsv1: true, rsv2: true },
  { rsv1: true, rsv3: true },
  { rsv2: true, rsv3: true },
  { rsv1: true, rsv2: true, rsv3: true },
];

const RESERVED_OPCODES = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];

const KEYS = {
  zeros: [0, 0, 0, 0],
  ones: [0xff, 0xff, 0xff, 0xff],
  ascending: [1, 2, 3, 4],
  'one bit': [0, 0, 0, 0x80],
};

const unlimited = { maxPayload: 0 };

module.exports = {
  title: 'Framing',
  rules: [
    {
      id: 'framing/kinds',
      section: 'RFC 6455, 5.6, 5.5.2, 5.5.3',
      rule: 'Text and binary frames are messages, a ping is answered, a pong is not.',
      rows: [
        {
          id: 'all',
          send: [text('Hello'), binary('Hello'), ping('a'), pong('b')],
          expect: accepted(
            ['text "Hello"', 'binary "Hello"', 'ping "a"', 'pong "b"'],
            ['pong "a"'],
          ),
        },
        {
          id: 'empty',
          send: [text(), binary(), ping(), pong()],
          expect: accepted(['text', 'binary', 'ping', 'pong'], ['pong']),
        },
        {
          id: 'bytewise',
          sends: 'text, ping and binary, each byte in a segment of its own',
          send: [bytewise(text('Hello'), ping('a'), binary('b'))],
          expect: accepted(
            ['text "Hello"', 'ping "a"', 'binary "b"'],
            ['pong "a"'],
          ),
        },
      ],
    },
    {
      id: 'framing/reserved-bits',
      section: 'RFC 6455, 5.2',
      rule: 'A reserved bit that no extension gives a meaning fails the connection.',
      rows: Object.entries(ONE_OF_EACH).flatMap(([kind, frames]) =>
        RESERVED_BITS.map((bits) => ({
          id: `${kind}-${Object.keys(bits).join('-')}`,
          group: `${kind} with ${bits.rsv2 || bits.rsv3 ? 'RSV2, RSV3 or both, RSV1 or not' : 'RSV1'}`,
          send: withLast(frames, bits),
          expect: failed(
            1002,
            bits.rsv2 || bits.rsv3
              ? 'WS_ERR_UNEXPECTED_RSV_2_3'
              : 'WS_ERR_UNEXPECTED_RSV_1',
          ),
        })),
      ),
    },
    {
      id: 'framing/reserved-opcodes',
      section: 'RFC 6455, 5.2',
      rule: 'An opcode that is reserved fails the connection.',
      rows: RESERVED_OPCODES.flatMap((opcode) => {
        const expect = failed(1002, 'WS_ERR_INVALID_OPCODE');
        const any = 'opcode 3 to 7 or 11 to 15';
        return [
          { id: `${opcode}-empty`, group: any, send: [frame(opcode)], expect },
          {
            id: `${opcode}-payload`,
            group: `${any}, with a payload`,
            send: [frame(opcode, 'abc')],
            expect,
          },
          {
            id: `${opcode}-unfinished`,
            group: `${any}, unfinished`,
            send: [unfinished(frame(opcode))],
            expect,
          },
          {
            id: `${opcode}-within-a-message`,
            group: `${any}, within a message`,
            send: [unfinished(text('a')), frame(opcode), continuation('b')],
            expect,
          },
          {
            id: `${opcode}-behind-a-message`,
            group: `${any}, between two messages`,
            send: [text('a'), frame(opcode), text('b')],
            expect: failed(1002, 'WS_ERR_INVALID_OPCODE', ['text "a"']),
          },
        ];
      }),
    },
    {
      id: 'framing/unmasked',
      section: 'RFC 6455, 5.1',
      rule: 'A server closes the connection upon a frame that is not masked.',
      roles: ['server'],
      rows: maskRows(false, 'WS_ERR_EXPECTED_MASK'),
    },
    {
      id: 'framing/masked',
      section: 'RFC 6455, 5.1',
      rule: 'A client closes the connection upon a frame that is masked.',
      roles: ['client'],
      rows: maskRows(true, 'WS_ERR_UNEXPECTED_MASK'),
    },
    {
      id: 'framing/unmasking',
      section: 'RFC 6455, 5.3',
      rule: 'Byte i of the payload is masked with byte i modulo 4 of the key, whatever the key and wherever frames and segments are cut.',
      roles: ['server'],
      rows: [
        ...Object.entries(KEYS).flatMap(([name, key]) =>
          [...Array(18).keys(), 63, 64, 65, 1000].map((size) => ({
            id: `${name.replace(' ', '-')}-${size}`,
            group: `a key of ${name}, with payloads of 0 to 1,000 bytes`,
            sees: 'the payload',
            send: [binary(pattern(size), { mask: Buffer.from(key) })],
            expect: accepted([seen('binary', pattern(size))]),
          })),
        ),
        {
          id: 'a-key-for-each-fragment',
          send: Object.values(KEYS).map((key, i) =>
            frame(i === 0 ? 'BINARY' : 'CONTINUATION', pattern(5), {
              fin: i === 3,
              mask: Buffer.from(key),
            }),
          ),
          expect: accepted([
            seen('binary', Buffer.concat(Array(4).fill(pattern(5)))),
          ]),
        },
        {
          id: 'bytewise',
          sends: 'a masked message, each byte in a segment of its own',
          send: [bytewise(binary(pattern(23)))],
          expect: accepted([seen('binary', pattern(23))]),
        },
      ],
    },
    {
      id: 'framing/lengths',
      section: 'RFC 6455, 5.2',
      rule: 'Payloads of any length are read, and written with the shortest form of their length.',
      rows: [
        0, 1, 2, 124, 125, 126, 127, 128, 255, 256, 65534, 65535, 65536, 65537,
        200_000,
      ].flatMap((size) =>
        [
          ['text', text],
          ['binary', binary],
        ].map(([kind, make]) => ({
          id: `${kind}-${size}`,
          echoes: true,
          send: [make('x'.repeat(size))],
          expect: accepted(
            [seen(kind, 'x'.repeat(size))],
            [seen(kind, 'x'.repeat(size))],
          ),
        })),
      ),
    },
    {
      id: 'framing/longer-forms',
      section: 'RFC 6455, 5.2',
      rule: 'The shortest form of a length is a duty of the sender; a receiver may take a longer one, as ws does.',
      rows: [
        [16, 0],
        [16, 1],
        [16, 125],
        [64, 0],
        [64, 1],
        [64, 125],
        [64, 126],
        [64, 65535],
      ].map(([lengthBits, size]) => ({
        id: `${lengthBits}-bits-for-${size}`,
        send: [binary('x'.repeat(size), { lengthBits }), text('a')],
        expect: accepted([seen('binary', 'x'.repeat(size)), 'text "a"']),
      })),
    },
    {
      id: 'framing/lengths-too-long',
      section: 'RFC 6455, 5.2, 10.4',
      rule: 'A 64-bit length with its highest bit set, or beyond what the implementation can hold, is refused before any of the payload has come.',
      rows: [
        ['2-to-the-53', 2n ** 53n],
        ['2-to-the-62', 2n ** 62n],
        ['highest-bit', 2n ** 63n],
        ['highest-bit-and-5', 2n ** 63n + 5n],
        ['all-bits', 2n ** 64n - 1n],
      ].flatMap(([id, length]) =>
        [
          ['text', text],
          ['binary', binary],
        ].map(([kind, make]) => ({
          id: `${kind}-${id}`,
          options: unlimited,
          sends: `${kind} with a length of ${length}`,
          send: [make('a', { length, lengthBits: 64 })],
          expect: failed(1009, 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH'),
        })),
      ),
    },
    {
      id: 'framing/lengths-that-are-waited-for',
      section: 'RFC 6455, 5.2, 7.1.5',
      rule: 'A frame that is not all there is waited for; the end of the connection within it is an abnormal closure.',
      rows: [
        ...[126n, 65536n, 2n ** 32n, 2n ** 53n - 1n].map((length) => ({
          id: `${length}`,
          options: unlimited,
          sends: `binary with a length of ${length} and 3 bytes; the end`,
          send: [binary('abc', { length })],
          ending: 'fin',
          expect: cutOff(),
        })),
        {
          id: 'between-frames',
          send: [text('a')],
          ending: 'fin',
          expect: cutOff(['text "a"']),
        },
        {
          id: 'within-a-header',
          send: [text('a'), Buffer.from([0x82])],
          ending: 'fin',
          expect: cutOff(['text "a"']),
        },
        {
          id: 'within-a-message',
          send: [text('a'), unfinished(text('b'))],
          ending: 'fin',
          expect: cutOff(['text "a"']),
        },
      ],
    },
  ],
};

/** Every kind of frame with a mask, or without one, where the role demands the opposite. */
function maskRows(mask, error) {
  const wrong = { mask };
  const expect = failed(1002, error);
  return [
    ...Object.entries(ONE_OF_EACH).map(([kind, frames]) => ({
      id: kind,
      sends: `${kind} ${mask ? 'masked' : 'not masked'}`,
      send: withLast(frames, wrong),
      expect,
    })),
    ...[0, 126, 65536].map((size) => ({
      id: `binary-${size}`,
      sends: `binary of ${size} bytes ${mask ? 'masked' : 'not masked'}`,
      send: [binary('x'.repeat(size), wrong)],
      expect,
    })),
    {
      id: 'behind-a-message',
      sends: `text "a"; text ${mask ? 'masked' : 'not masked'}`,
      send: [text('a'), text('b', wrong)],
      expect: failed(1002, error, ['text "a"']),
    },
    {
      id: 'header-only',
      sends: `two bytes of a text ${mask ? 'masked' : 'not masked'}; the end`,
      send: [Buffer.from([0x81, mask ? 0x85 : 0x05])],
      ending: 'fin',
      expect,
    },
  ];
}

function withLast(frames, changes) {
  return [...frames.slice(0, -1), { ...frames.at(-1), ...changes }];
}

function pattern(size) {
  return Buffer.from(Array.from({ length: size }, (_, i) => (i * 7) & 0xff));
}
