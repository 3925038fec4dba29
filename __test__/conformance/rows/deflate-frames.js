'use strict';

const {
  accepted,
  binary,
  close,
  continuation,
  failed,
  ping,
  pong,
  seen,
  text,
  unfinished,
} = require('../vocabulary');
const { deflated } = require('../deflate');

const RSV1 = { rsv1: true };
const HELLO = 'Hello';
const HELLO_DEFLATED = deflated(HELLO);
const MESSAGES = { text, binary };

const FAULT = (api, wire) => failed(1002, 'WS_ERR_UNEXPECTED_RSV_1', api, wire);
const INVALID_UTF8 = (api, wire) =>
  failed(1007, 'WS_ERR_INVALID_UTF8', api, wire);

const compressedText = (string, more) =>
  text(deflated(string), { ...RSV1, ...more });

const NEGOTIATED = {
  extension: 'permessage-deflate',
  options: { perMessageDeflate: true },
};

module.exports = {
  title: 'permessage-deflate: frames',
  rules: [
    {
      id: 'deflate-frames/rsv1',
      section: 'RFC 7692, 6, 7.2.2',
      rule: 'RSV1 says of each message whether it is compressed.',
      rows: [
        ...Object.entries(MESSAGES).flatMap(([kind, make]) => [
          {
            id: `${kind}-compressed`,
            send: [make(HELLO_DEFLATED, RSV1)],
            expect: accepted([seen(kind, HELLO)]),
          },
          {
            id: `${kind}-not-compressed`,
            send: [make(HELLO)],
            expect: accepted([seen(kind, HELLO)]),
          },
          {
            id: `${kind}-not-compressed-that-looks-like-it`,
            send: [binary(HELLO_DEFLATED), make(HELLO)],
            expect: accepted([
              seen('binary', HELLO_DEFLATED),
              seen(kind, HELLO),
            ]),
          },
        ]),
        {
          id: 'in-turn',
          send: [
            compressedText('a'),
            text('b'),
            binary(deflated('c'), RSV1),
            binary('d'),
            compressedText('e'),
          ],
          expect: accepted([
            'text "a"',
            'text "b"',
            'binary "c"',
            'binary "d"',
            'text "e"',
          ]),
        },
        {
          id: 'fragments-not-compressed',
          send: [unfinished(text('a')), continuation('b'), compressedText('c')],
          expect: accepted(['text "ab"', 'text "c"']),
        },
      ],
    },
    {
      id: 'deflate-frames/rsv1-of-a-continuation',
      section: 'RFC 7692, 6.1',
      rule: 'RSV1 on a frame that continues a message fails the connection.',
      rows: Object.entries(MESSAGES).flatMap(([kind, make]) =>
        [true, false].flatMap((rsv1) =>
          [true, false].map((fin) => ({
            id: `${fin ? 'last' : 'middle'}-of-${rsv1 ? 'compressed' : 'plain'}-${kind}`,
            send: [
              unfinished(
                make(rsv1 ? HELLO_DEFLATED.subarray(0, 3) : 'H', { rsv1 }),
              ),
              continuation(HELLO_DEFLATED.subarray(3), { rsv1: true, fin }),
            ],
            expect: FAULT(),
          })),
        ),
      ),
    },
    {
      id: 'deflate-frames/rsv1-of-a-control-frame',
      section: 'RFC 7692, 6.1',
      rule: 'RSV1 on a control frame fails the connection.',
      rows: Object.entries({
        ping: ping(),
        pong: pong('x'),
        close: close(1000),
      }).flatMap(([kind, frame]) => [
        { id: kind, send: [{ ...frame, ...RSV1 }], expect: FAULT() },
        {
          id: `${kind}-within-a-message`,
          send: [
            unfinished(text(HELLO_DEFLATED.subarray(0, 3), RSV1)),
            { ...frame, ...RSV1 },
          ],
          expect: FAULT(),
        },
        {
          id: `${kind}-behind-a-message`,
          send: [compressedText('a'), { ...frame, ...RSV1 }],
          expect: FAULT(['text "a"']),
        },
      ]),
    },
    {
      id: 'deflate-frames/other-reserved-bits',
      section: 'RFC 6455, 5.2; RFC 7692, 6',
      rule: 'RSV2 and RSV3 keep no meaning beside permessage-deflate.',
      rows: [{ rsv2: true }, { rsv3: true }].flatMap((bits) =>
        [RSV1, {}].map((rsv1) => ({
          id: `${Object.keys({ ...rsv1, ...bits }).join('-')}`,
          send: [text(HELLO_DEFLATED, { ...rsv1, ...bits })],
          expect: failed(1002, 'WS_ERR_UNEXPECTED_RSV_2_3'),
        })),
      ),
    },
    {
      id: 'deflate-frames/rsv1-without-negotiation',
      section: 'RFC 6455, 5.2; RFC 7692, 6',
      rule: 'RSV1 fails the connection where permessage-deflate was not agreed on, whatever was offered.',
      rows: Object.entries(MESSAGES).flatMap(([kind, make]) =>
        [true, false].map((perMessageDeflate) => ({
          id: `${kind}-${perMessageDeflate ? 'possible' : 'impossible'}`,
          sends: `${kind} RSV1, compressed; permessage-deflate was ${perMessageDeflate ? 'possible' : 'impossible'}, and not agreed on`,
          extension: null,
          options: { perMessageDeflate },
          send: [make(HELLO_DEFLATED, RSV1)],
          expect: FAULT(),
        })),
      ),
    },
    {
      id: 'deflate-frames/fragments',
      section: 'RFC 7692, 7.2.1, 7.2.2',
      rule: 'A compressed message may be cut into fragments at every byte; control frames may come between.',
      rows: [
        ...Array.from({ length: HELLO_DEFLATED.length + 1 }, (_, at) => ({
          id: `at-${at}`,
          group:
            'a compressed "Hello" in two fragments, cut at each byte, with a ping between',
          send: [
            unfinished(text(HELLO_DEFLATED.subarray(0, at), RSV1)),
            ping('p'),
            continuation(HELLO_DEFLATED.subarray(at)),
          ],
          expect: accepted(['ping "p"', 'text "Hello"'], ['pong "p"']),
        })),
        {
          id: 'each-byte',
          sends: 'a compressed "Hello", each byte in a fragment',
          send: bytewiseFragments(HELLO_DEFLATED),
          expect: accepted(['text "Hello"']),
        },
        {
          id: 'a-ping-between-is-not-compressed',
          send: [
            unfinished(binary(HELLO_DEFLATED.subarray(0, 2), RSV1)),
            ping(HELLO_DEFLATED),
            continuation(HELLO_DEFLATED.subarray(2)),
          ],
          expect: accepted(
            [seen('ping', HELLO_DEFLATED), 'binary "Hello"'],
            [seen('pong', HELLO_DEFLATED)],
          ),
        },
        {
          id: 'close-between',
          send: [
            unfinished(text(HELLO_DEFLATED.subarray(0, 2), RSV1)),
            close(1001),
          ],
          ending: 'none',
          expect: { api: ['close 1001'], wire: ['close 1001'] },
        },
      ],
    },
    {
      id: 'deflate-frames/utf8',
      section: 'RFC 7692, 7.2.2; RFC 6455, 8.1',
      rule: 'A compressed text must inflate to UTF-8.',
      rows: [
        ['valid', 'κόσμε 😀', true],
        ['lone-byte', [0x80], false],
        ['overlong', [0xc0, 0xaf], false],
        ['surrogate', [0xed, 0xa0, 0x80], false],
        ['beyond-the-last', [0xf4, 0x90, 0x80, 0x80], false],
        ['incomplete', [0xe2, 0x82], false],
      ].flatMap(([id, data, isValid]) => {
        const bytes = Buffer.from(data);
        const payload = deflated(bytes);
        const expect = isValid
          ? accepted([seen('text', bytes)])
          : INVALID_UTF8();
        return [
          { id, send: [text(payload, RSV1)], expect },
          {
            id: `${id}-in-fragments`,
            sends: `${seen('text', bytes)}, compressed, each byte in a fragment`,
            send: bytewiseFragments(payload),
            expect,
          },
        ];
      }),
    },
    {
      id: 'deflate-frames/utf8-fail-fast',
      section: 'RFC 7692, 7.2.2; RFC 6455, 8.1',
      rule: 'A compressed text fails the connection as soon as what it inflates to cannot be UTF-8.',
      rows: [[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90]].map(
        (data, i) => ({
          id: `${i}`,
          sends: `text RSV1 unfinished, with ${seen('', Buffer.from(data)).trim()}, compressed and flushed; ping`,
          send: [
            unfinished(
              text(
                Buffer.concat([
                  deflated(Buffer.from(data)),
                  Buffer.from([0, 0, 0xff, 0xff]),
                ]),
                RSV1,
              ),
            ),
            ping('x'),
          ],
          expect: INVALID_UTF8(),
          ws: {
            expect: accepted(['ping "x"'], ['pong "x"']),
            why: 'at the offending byte, not only when the message is complete',
          },
        }),
      ),
    },
  ].map(({ rows, ...rule }) => ({
    ...rule,
    rows: rows.map((row) => ({ ...NEGOTIATED, ...row })),
  })),
};

function bytewiseFragments(payload) {
  return [...payload].map((byte, i) =>
    (i === 0 ? text : continuation)(Buffer.from([byte]), {
      rsv1: i === 0,
      fin: i === payload.length - 1,
    }),
  );
}
