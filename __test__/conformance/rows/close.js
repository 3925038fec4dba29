'use strict';

const {
  CUT,
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
  split,
  text,
  unfinished,
} = require('../vocabulary');
const { INVALID } = require('./utf8-samples');

/** RFC 6455, section 7.4, and the registry of IANA. */
const CODES = [
  ['0 to 999 are not used', false, [0, 1, 125, 500, 998, 999]],
  ['1000 to 1003 are defined', true, [1000, 1001, 1002, 1003]],
  ['1004 to 1006 must not be sent', false, [1004, 1005, 1006]],
  ['1007 to 1011 are defined', true, [1007, 1008, 1009, 1010, 1011]],
  ['1012 to 1014 are registered', true, [1012, 1013, 1014]],
  ['1015 must not be sent', false, [1015]],
  [
    '1016 to 2999 are reserved',
    false,
    [1016, 1017, 1100, 1500, 1999, 2000, 2500, 2998, 2999],
  ],
  [
    '3000 to 3999 are for libraries and frameworks',
    true,
    [3000, 3001, 3003, 3008, 3500, 3998, 3999],
  ],
  ['4000 to 4999 are for applications', true, [4000, 4001, 4500, 4998, 4999]],
  [
    '5000 and above are not used',
    false,
    [5000, 5001, 9999, 10000, 32768, 65534, 65535],
  ],
].flatMap(([group, isValid, codes]) =>
  codes.map((code) => ({ code, group, isValid })),
);

const BEHIND = {
  text: [text('x')],
  binary: [binary('x')],
  'a fragment': [unfinished(text('x'))],
  ping: [ping('x')],
  pong: [pong('x')],
  'another close': [close(1001, 'again')],
  'a reserved opcode': [frame(3)],
  'reserved bits': [text('x', { rsv2: true })],
  'invalid UTF-8': [text(Buffer.from([0xff]))],
  'a continuation of nothing': [continuation('x')],
  'what is no frame': [Buffer.from('not a frame at all')],
};

const REASONS = [
  'done',
  'é',
  '€',
  '😀',
  '\u{10ffff}',
  'Auf Wiedersehen, κόσμε 😀',
];

module.exports = {
  title: 'Closing',
  rules: [
    {
      id: 'close/codes',
      section: 'RFC 6455, 7.4',
      rule: 'A close frame with a code that may be sent is answered in kind; any other code fails the connection.',
      rows: CODES.flatMap(({ code, group, isValid }) =>
        ['', 'reason'].map((reason) => ({
          id: reason ? `${code}-with-a-reason` : `${code}`,
          group,
          sees: isValid ? 'the code; the same code sent' : undefined,
          send: [close(code, reason)],
          ending: 'none',
          expect: isValid
            ? closed(code, reason)
            : failed(1002, 'WS_ERR_INVALID_CLOSE_CODE'),
        })),
      ),
    },
    {
      id: 'close/no-code',
      section: 'RFC 6455, 5.5.1, 7.1.5',
      rule: 'A close frame need not have a code; 1005 is what its receiver is told then.',
      rows: [
        {
          id: 'empty',
          send: [close()],
          ending: 'none',
          expect: { api: ['close 1005'], wire: ['close'] },
        },
        {
          id: 'empty-behind-a-message',
          send: [text('a'), close()],
          ending: 'none',
          expect: { api: ['text "a"', 'close 1005'], wire: ['close'] },
        },
      ],
    },
    {
      id: 'close/half-a-code',
      section: 'RFC 6455, 5.5.1',
      rule: 'A body of one byte has no code and fails the connection.',
      rows: [0x00, 0x03, 0x61, 0xff].map((byte) => ({
        id: `${byte}`,
        send: [frame('CLOSE', Buffer.from([byte]))],
        ending: 'none',
        expect: failed(1002, 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH'),
      })),
    },
    {
      id: 'close/reason-lengths',
      section: 'RFC 6455, 5.5, 5.5.1, 7.1.6',
      rule: 'A reason may have up to 123 bytes.',
      rows: [
        ...[...Array(124).keys()].map((size) => ({
          id: `${size}`,
          group: 'a reason of 0 to 123 bytes',
          sees: 'the code and the reason',
          send: [close(1000, 'r'.repeat(size))],
          ending: 'none',
          expect: closed(1000, 'r'.repeat(size)),
        })),
        {
          id: '124',
          sends: 'a reason of 124 bytes',
          send: [close(1000, 'r'.repeat(124))],
          ending: 'none',
          expect: failed(1002, 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH'),
        },
      ],
    },
    {
      id: 'close/reasons',
      section: 'RFC 6455, 5.5.1, 8.1',
      rule: 'A reason is UTF-8, wherever segments end.',
      rows: [
        ...REASONS.map((reason, i) => ({
          id: `${i}`,
          send: [close(3000, reason)],
          ending: 'none',
          expect: closed(3000, reason),
        })),
        {
          id: 'bytewise',
          sends: 'a close frame, each byte in a segment of its own',
          send: [bytewise(close(1000, 'κόσμε'))],
          ending: 'none',
          expect: closed(1000, 'κόσμε'),
        },
        {
          id: 'between-the-bytes-of-the-code',
          sends: 'a close frame, cut amid its code',
          send: [split(close(1000, 'a'), 1)],
          ending: 'none',
          expect: closed(1000, 'a'),
        },
        {
          id: 'complete-at-123',
          sends: 'a reason of 123 bytes that ends with a character of 4',
          send: [close(1000, `${'r'.repeat(119)}😀`)],
          ending: 'none',
          expect: closed(1000, `${'r'.repeat(119)}😀`),
        },
        {
          id: 'incomplete-at-123',
          sends: 'a reason of 123 bytes that ends within a character',
          send: [
            close(1000, Buffer.from(`${'r'.repeat(121)}😀`).subarray(0, 123)),
          ],
          ending: 'none',
          expect: failed(1007, 'WS_ERR_INVALID_UTF8'),
        },
      ],
    },
    {
      id: 'close/invalid-reasons',
      section: 'RFC 6455, 5.5.1, 8.1',
      rule: 'A reason that is not UTF-8 fails the connection with 1007.',
      rows: INVALID.map(([group, bytes], i) => ({
        id: `${i}`,
        group,
        send: [close(1000, Buffer.from(bytes))],
        ending: 'none',
        expect: failed(1007, 'WS_ERR_INVALID_UTF8'),
      })),
    },
    {
      id: 'close/behind',
      section: 'RFC 6455, 1.4, 5.5.1',
      rule: 'Whatever comes behind a close frame is ignored.',
      rows: Object.entries(BEHIND).flatMap(([what, frames]) => [
        {
          id: what.replaceAll(' ', '-'),
          sends: `close 1000; ${what}`,
          send: [text('a'), close(1000, 'r'), ...frames],
          ending: 'none',
          expect: closed(1000, 'r', ['text "a"']),
        },
        {
          id: `${what.replaceAll(' ', '-')}-behind-a-close-without-a-code`,
          sends: `close; ${what}`,
          send: [close(), ...frames],
          ending: 'none',
          expect: { api: ['close 1005'], wire: ['close'] },
        },
      ]),
    },
    {
      id: 'close/behind-in-another-segment',
      section: 'RFC 6455, 1.4, 5.5.1',
      rule: 'What comes behind a close frame in a segment of its own is ignored, too.',
      rows: Object.entries(BEHIND).flatMap(([what, frames]) => [
        {
          id: what.replaceAll(' ', '-'),
          sends: `close 1000; ${what}, in a segment of its own`,
          send: [text('a'), close(1000, 'r'), CUT, ...frames],
          ending: 'none',
          expect: closed(1000, 'r', ['text "a"']),
        },
        {
          id: `${what.replaceAll(' ', '-')}-behind-the-answer`,
          calls: [['close', 1000, 'mine']],
          sends: `close 1001, in answer to one; ${what}, in a segment of its own`,
          reply: [close(1001, 'yours'), CUT, ...frames],
          ending: 'reply',
          expect: { api: ['close 1001 "yours"'], wire: ['close 1000 "mine"'] },
        },
      ]),
    },
    {
      id: 'close/behind-a-fault',
      section: 'RFC 6455, 7.1.7',
      rule: 'Whatever comes behind a fault is ignored.',
      rows: Object.entries(BEHIND).map(([what, frames]) => ({
        id: what.replaceAll(' ', '-'),
        sends: `opcode 4; ${what}`,
        send: [text('a'), frame(4), ...frames],
        ending: 'none',
        expect: failed(1002, 'WS_ERR_INVALID_OPCODE', ['text "a"']),
      })),
    },
    {
      id: 'close/sent',
      section: 'RFC 6455, 5.5.1, 7.1.2',
      rule: 'A program closes with a code and a reason; the code that its peer answers with is what it is told.',
      rows: [
        ['no-code', [], { api: ['close 1005'], wire: ['close'] }],
        ...[1000, 1001, 1011, 1014, 3000, 4999].map((code) => [
          `${code}`,
          [code],
          closed(code),
        ]),
        ['a-reason', [1000, 'done'], closed(1000, 'done')],
        ['a-reason-beyond-ascii', [4000, 'κόσμε'], closed(4000, 'κόσμε')],
        ['123-bytes', [1000, 'r'.repeat(123)], closed(1000, 'r'.repeat(123))],
      ]
        .map(([id, args, expect]) => ({
          id,
          calls: [['close', ...args]],
          ending: 'reply',
          expect,
        }))
        .concat([
          {
            id: 'another-code-in-the-answer',
            calls: [['close', 1000]],
            reply: [close(4001, 'mine')],
            ending: 'reply',
            expect: { api: ['close 4001 "mine"'], wire: ['close 1000'] },
          },
          {
            id: 'no-code-in-the-answer',
            calls: [['close', 1000]],
            reply: [close()],
            ending: 'reply',
            expect: { api: ['close 1005'], wire: ['close 1000'] },
          },
          {
            id: 'an-answer-that-is-wrong',
            calls: [['close', 1000]],
            reply: [close(1005)],
            ending: 'reply',
            expect: {
              api: ['error WS_ERR_INVALID_CLOSE_CODE', 'close 1006'],
              wire: ['close 1000'],
            },
          },
        ]),
    },
    {
      id: 'close/not-sent',
      section: 'RFC 6455, 7.4.1, 7.4.2, 5.5',
      rule: 'A program cannot send a code that must not be sent, nor a reason of more than 123 bytes.',
      rows: [
        ...CODES.filter(({ isValid }) => !isValid).map(({ code, group }) => ({
          id: `${code}`,
          group,
          sees: 'a `TypeError`',
          calls: [['close', code]],
          expect: accepted(['throws TypeError']),
        })),
        {
          id: '124-bytes',
          sends: '`close()` with a reason of 124 bytes',
          calls: [['close', 1000, 'r'.repeat(124)]],
          expect: accepted(['throws RangeError']),
        },
      ],
    },
    {
      id: 'close/until-the-answer',
      section: 'RFC 6455, 1.4, 5.5.1',
      rule: 'What the peer sends before it answers a close frame still counts; nothing is sent behind the own one.',
      rows: [
        {
          id: 'messages',
          calls: [['close', 1000]],
          reply: [text('a'), binary('b'), close(1000)],
          ending: 'reply',
          expect: closed(1000, '', ['text "a"', 'binary "b"']),
        },
        {
          id: 'a-ping',
          calls: [['close', 1000]],
          reply: [ping('p'), close(1000)],
          ending: 'reply',
          expect: closed(1000, '', ['ping "p"']),
        },
        {
          id: 'the-rest-of-a-message',
          calls: [['close', 1000]],
          send: [unfinished(text('a'))],
          reply: [continuation('b'), close(1000)],
          ending: 'reply',
          expect: closed(1000, '', ['text "ab"']),
        },
        {
          id: 'a-fault',
          calls: [['close', 1000]],
          reply: [frame(3), close(1000)],
          ending: 'reply',
          expect: {
            api: ['error WS_ERR_INVALID_OPCODE', 'close 1006'],
            wire: ['close 1000'],
          },
        },
        {
          id: 'both-at-once',
          calls: [['close', 1000, 'mine']],
          send: [close(1001, 'yours')],
          ending: 'none',
          expect: { api: ['close 1001 "yours"'], wire: ['close 1000 "mine"'] },
        },
        {
          id: 'data-is-sent-before',
          calls: [
            ['send', 'a'],
            ['ping', 'p'],
            ['close', 1000],
          ],
          ending: 'reply',
          expect: closed(1000, '', [], ['text "a"', 'ping "p"']),
        },
        {
          id: 'closed-twice',
          calls: [
            ['close', 1000],
            ['close', 4000],
          ],
          ending: 'reply',
          expect: closed(1000),
        },
      ],
    },
    {
      id: 'close/without',
      section: 'RFC 6455, 7.1.5',
      rule: 'A connection that ends without a close frame is told as 1006.',
      rows: [
        { id: 'at-once', send: [], ending: 'fin', expect: cutOff() },
        {
          id: 'behind-a-message',
          send: [text('a')],
          ending: 'fin',
          expect: cutOff(['text "a"']),
        },
        {
          id: 'within-a-close-frame',
          sends: 'half of a close frame; the end',
          send: [frame('CLOSE', Buffer.from([3]), { length: 2 })],
          ending: 'fin',
          expect: cutOff(),
        },
        {
          id: 'behind-the-own-close-frame',
          sends: 'nothing but the end, after `close(1000)`',
          calls: [['close', 1000]],
          ending: 'fin',
          expect: { api: ['close 1006'], wire: ['close 1000'] },
        },
      ],
    },
  ],
};

/** Both ends have sent the same close frame. */
function closed(code, reason = '', api = [], wire = []) {
  const last = seen(`close ${code}`, reason);
  return { api: [...api, last], wire: [...wire, last] };
}
