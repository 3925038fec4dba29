'use strict';

const { accepted, seen } = require('../vocabulary');

const SIZES = [0, 1, 125, 126, 127, 65535, 65536, 200_000];

const part = (payload, options) => ['send', payload, options];

module.exports = {
  title: 'Sending',
  rules: [
    {
      id: 'sending/lengths',
      section: 'RFC 6455, 5.2',
      rule: 'What a program sends goes out in one frame with the shortest form of its length, and no reserved bit.',
      rows: SIZES.flatMap((size) => [
        {
          id: `text-${size}`,
          calls: [['send', 'x'.repeat(size)]],
          expect: accepted([], [seen('text', 'x'.repeat(size))]),
        },
        {
          id: `binary-${size}`,
          calls: [['send', Buffer.alloc(size, 'x')]],
          expect: accepted([], [seen('binary', 'x'.repeat(size))]),
        },
      ]),
    },
    {
      id: 'sending/masks',
      section: 'RFC 6455, 5.1, 5.3',
      rule: 'A client masks every frame, each with a new key.',
      roles: ['client'],
      rows: [
        {
          id: 'fresh-keys',
          sends: 'what 20 calls make of it: `send()`, `ping()` and `pong()`',
          calls: Array.from({ length: 20 }, (_, i) => [
            ['send', 'ping', 'pong'][i % 3],
            `${i}`,
          ]),
          notesMasks: true,
          expect: accepted(
            [],
            Array.from({ length: 20 }, (_, i) =>
              seen(['text', 'ping', 'pong'][i % 3], `${i}`),
            ),
          ),
          masks: 21,
        },
      ].map(({ masks, expect, ...row }) => ({
        ...row,
        expect: {
          ...expect,
          wire: [...expect.wire, `${masks} different masks`],
        },
      })),
    },
    {
      id: 'sending/fragments',
      section: 'RFC 6455, 5.4',
      rule: 'A message may be sent in fragments: the first has the opcode, the others are continuations, the last has FIN.',
      rows: [
        {
          id: 'text',
          calls: [
            part('a', { fin: false }),
            part('b', { fin: false }),
            part('c', { fin: true }),
          ],
          expect: accepted(
            [],
            [
              'text unfinished "a"',
              'continuation unfinished "b"',
              'continuation "c"',
            ],
          ),
        },
        {
          id: 'binary',
          calls: [
            part(Buffer.from('a'), { fin: false }),
            part(Buffer.from('b'), { fin: true }),
          ],
          expect: accepted([], ['binary unfinished "a"', 'continuation "b"']),
        },
        {
          id: 'empty',
          calls: [part('', { fin: false }), part('', { fin: true })],
          expect: accepted([], ['text unfinished', 'continuation']),
        },
        {
          id: 'control-between',
          calls: [
            part('a', { fin: false }),
            ['ping', 'p'],
            ['pong', 'q'],
            part('b', { fin: true }),
            part('c'),
          ],
          expect: accepted(
            [],
            [
              'text unfinished "a"',
              'ping "p"',
              'pong "q"',
              'continuation "b"',
              'text "c"',
            ],
          ),
        },
      ],
    },
    {
      id: 'sending/control',
      section: 'RFC 6455, 5.5',
      rule: 'A program cannot send a control frame of more than 125 bytes.',
      rows: ['ping', 'pong'].flatMap((name) =>
        [0, 1, 125, 126, 1000].map((size) => ({
          id: `${name}-${size}`,
          calls: [[name, 'x'.repeat(size)]],
          expect:
            size > 125
              ? accepted(['throws RangeError'])
              : accepted([], [seen(name, 'x'.repeat(size))]),
        })),
      ),
    },
    {
      id: 'sending/utf8',
      section: 'RFC 6455, 5.6',
      rule: 'Text goes out as UTF-8, lone surrogates as U+FFFD.',
      rows: [
        'é',
        '€',
        '😀',
        'κόσμε',
        '\u{10ffff}',
        '\ud800',
        'a\udfffb',
        '\udc00\ud800',
      ].map((string, i) => ({
        id: `${i}`,
        calls: [['send', string]],
        expect: accepted([], [seen('text', string)]),
      })),
    },
  ],
};
