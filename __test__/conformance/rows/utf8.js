'use strict';

const {
  accepted,
  binary,
  bytewise,
  close,
  continuation,
  failed,
  ping,
  seen,
  split,
  text,
  unfinished,
} = require('../vocabulary');
const {
  INVALID,
  INVALID_BYTES,
  SAMPLES,
  VALID_CODE_POINTS,
} = require('./utf8-samples');

const INVALID_UTF8 = (api, wire) =>
  failed(1007, 'WS_ERR_INVALID_UTF8', api, wire);

const SENT_BACK = 'the text, and the same sent back';

const LATE = 'at the offending byte, not only when the message is complete';

module.exports = {
  title: 'UTF-8',
  rules: [
    {
      id: 'utf8/valid',
      section: 'RFC 6455, 5.6, 8.1; RFC 3629',
      rule: 'Text may have every code point but the surrogates, of every plane, noncharacters too.',
      rows: VALID_CODE_POINTS.map(([group, codePoint]) => ({
        id: hex(codePoint),
        group,
        sees: SENT_BACK,
        echoes: true,
        send: [text(String.fromCodePoint(codePoint))],
        expect: echoed(String.fromCodePoint(codePoint)),
      })),
    },
    {
      id: 'utf8/valid-amid-others',
      section: 'RFC 6455, 8.1; RFC 3629',
      rule: 'Characters of one to four bytes stand beside each other at any place of a message.',
      rows: [0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 127, 1000].map(
        (count) => ({
          id: `behind-${count}`,
          group: 'characters of 1 to 4 bytes behind 0 to 1,000 bytes of ASCII',
          sees: SENT_BACK,
          echoes: true,
          send: [text(`${'x'.repeat(count)}é€😀`)],
          expect: echoed(`${'x'.repeat(count)}é€😀`),
        }),
      ),
    },
    {
      id: 'utf8/split-across-frames',
      section: 'RFC 6455, 5.6, 8.1',
      rule: 'A character may be cut by the end of a fragment, at every byte.',
      rows: everySplit().map(({ id, at, bytes, group }) => ({
        id,
        group,
        send: [
          unfinished(text(bytes.subarray(0, at))),
          continuation(bytes.subarray(at)),
        ],
        expect: accepted([seen('text', bytes)]),
      })),
    },
    {
      id: 'utf8/split-with-a-ping-between',
      section: 'RFC 6455, 5.4, 8.1',
      rule: 'A control frame may come amid the bytes of a character.',
      rows: everySplit().map(({ id, at, bytes, group }) => ({
        id,
        group,
        send: [
          unfinished(text(bytes.subarray(0, at))),
          ping('é'),
          continuation(bytes.subarray(at)),
        ],
        expect: accepted(
          [seen('ping', 'é'), seen('text', bytes)],
          [seen('pong', 'é')],
        ),
      })),
    },
    {
      id: 'utf8/split-across-segments',
      section: 'RFC 6455, 8.1',
      rule: 'A character may be cut by the end of a TCP segment, at every byte.',
      rows: [
        ...everySplit().map(({ id, at, bytes, group }) => ({
          id,
          group,
          send: [split(text(bytes), at)],
          expect: accepted([seen('text', bytes)]),
        })),
        ...SAMPLES.map((sample, i) => ({
          id: `bytewise-${i}`,
          group: 'each byte in a segment of its own',
          sees: 'the text',
          send: [bytewise(text(sample))],
          expect: accepted([seen('text', sample)]),
        })),
      ],
    },
    {
      id: 'utf8/a-frame-for-each-byte',
      section: 'RFC 6455, 5.4, 8.1',
      rule: 'Every byte of a text may come in a fragment of its own.',
      rows: SAMPLES.map((sample, i) => ({
        id: `${i}`,
        group: 'each byte in a fragment of its own',
        sees: 'the text',
        send: [...Buffer.from(sample)].map((byte, at, { length }) => ({
          ...(at === 0 ? text : continuation)(Buffer.from([byte])),
          fin: at === length - 1,
        })),
        expect: accepted([seen('text', sample)]),
      })),
    },
    {
      id: 'utf8/invalid',
      section: 'RFC 6455, 5.6, 8.1; RFC 3629',
      rule: 'A text that is not UTF-8 fails the connection with 1007.',
      sees: 'what came before; `WS_ERR_INVALID_UTF8`, 1007',
      rows: [
        ...INVALID_BYTES.map(([group, byte]) => ({
          id: `byte-${hex(byte)}`,
          group,
          send: [text(Buffer.from([0x61, byte, 0x61]))],
          expect: INVALID_UTF8(),
        })),
        ...INVALID.flatMap(([group, bytes], i) => [
          {
            id: `${i}-alone`,
            group,
            send: [text(Buffer.from(bytes))],
            expect: INVALID_UTF8(),
          },
          {
            id: `${i}-amid-others`,
            group,
            send: [text(Buffer.from([0xc3, 0xa9, ...bytes, 0x61]))],
            expect: INVALID_UTF8(),
          },
          {
            id: `${i}-behind-1000`,
            group,
            send: [
              text(
                Buffer.concat([Buffer.alloc(1000, 0x61), Buffer.from(bytes)]),
              ),
            ],
            expect: INVALID_UTF8(),
          },
          {
            id: `${i}-behind-a-message`,
            group,
            send: [text('é'), ping(), text(Buffer.from(bytes)), text('a')],
            expect: INVALID_UTF8([seen('text', 'é'), 'ping'], ['pong']),
          },
        ]),
      ],
    },
    {
      id: 'utf8/invalid-split-across-frames',
      section: 'RFC 6455, 8.1',
      rule: 'What is not UTF-8 is found wherever a fragment ends.',
      rows: everyInvalidSplit().map(({ id, at, bytes, group }) => ({
        id,
        group,
        send: [
          unfinished(text(bytes.subarray(0, at))),
          unfinished(continuation()),
          continuation(bytes.subarray(at)),
        ],
        expect: INVALID_UTF8(),
      })),
    },
    {
      id: 'utf8/invalid-split-across-segments',
      section: 'RFC 6455, 8.1',
      rule: 'What is not UTF-8 is found wherever a TCP segment ends.',
      rows: everyInvalidSplit().map(({ id, at, bytes, group }) => ({
        id,
        group,
        send: [split(text(bytes), at)],
        expect: INVALID_UTF8(),
      })),
    },
    {
      id: 'utf8/two-halves-are-no-whole',
      section: 'RFC 6455, 5.6, 8.1',
      rule: 'A character must be complete at the end of its message; the next one begins anew.',
      rows: ['é', '€', '😀'].flatMap((character) => {
        const bytes = Buffer.from(character);
        return [...Array(bytes.length - 1).keys()].map((i) => ({
          id: `${bytes.length}-bytes-${i + 1}`,
          send: [text(bytes.subarray(0, i + 1)), text(bytes.subarray(i + 1))],
          expect: INVALID_UTF8(),
        }));
      }),
    },
    {
      id: 'utf8/fail-fast-in-a-frame',
      section: 'RFC 6455, 8.1',
      rule: 'A text fails the connection as soon as it cannot be UTF-8 any more, before its frame is complete.',
      rows: INVALID.filter(([, , fails]) => fails !== 'at the end').map(
        ([group, bytes], i) => ({
          id: `${i}`,
          group: `${group}; 1,000 bytes more are announced and do not come`,
          send: [text(Buffer.from(bytes), { length: 1000 + bytes.length })],
          ending: 'fin',
          expect: INVALID_UTF8(),
          ws: { expect: { api: ['close 1006'], wire: [] }, why: LATE },
        }),
      ),
    },
    {
      id: 'utf8/fail-fast-in-a-message',
      section: 'RFC 6455, 8.1',
      rule: 'A text fails the connection as soon as it cannot be UTF-8 any more, before its message is complete.',
      rows: INVALID.filter(([, , fails]) => fails !== 'at the end').map(
        ([group, bytes], i) => ({
          id: `${i}`,
          group: `${group}; in a fragment that others would follow`,
          send: [unfinished(text(Buffer.from(bytes))), ping('x')],
          expect: INVALID_UTF8(),
          ws: {
            expect: accepted(['ping "x"'], ['pong "x"']),
            why: LATE,
          },
        }),
      ),
    },
    {
      id: 'utf8/not-yet-wrong',
      section: 'RFC 6455, 8.1',
      rule: 'A character that may still be completed is waited for.',
      rows: everySplit().map(({ id, at, bytes, group }) => ({
        id,
        group: `${group}; the rest does not come`,
        send: [unfinished(text(bytes.subarray(0, at))), ping('x'), close(1000)],
        ending: 'none',
        expect: accepted(['ping "x"'], ['pong "x"']),
      })),
    },
    {
      id: 'utf8/not-looked-at',
      section: 'RFC 6455, 5.6, 5.5.2',
      rule: 'Binary messages, pings and pongs may have any bytes.',
      rows: INVALID.map(([group, bytes], i) => {
        const payload = Buffer.from(bytes);
        return {
          id: `${i}`,
          group,
          sees: 'the same bytes',
          send: [binary(payload), ping(payload)],
          expect: accepted(
            [seen('binary', payload), seen('ping', payload)],
            [seen('pong', payload)],
          ),
        };
      }),
    },
  ],
};

function echoed(message) {
  return accepted([seen('text', message)], [seen('text', message)]);
}

function everySplit() {
  return SAMPLES.flatMap((sample, i) => {
    const bytes = Buffer.from(sample);
    return splitsOf(bytes, `${i}`, `\`${sample}\`, at each of its bytes`);
  });
}

function everyInvalidSplit() {
  return INVALID.flatMap(([group, bytes], i) =>
    splitsOf(Buffer.from(bytes), `${i}`, group),
  );
}

function splitsOf(bytes, id, group) {
  return [...Array(Math.max(bytes.length - 1, 0)).keys()].map((i) => ({
    id: `${id}-${i + 1}`,
    at: i + 1,
    bytes,
    group,
  }));
}

function hex(number) {
  return number.toString(16).padStart(2, '0');
}
