'use strict';

const {
  accepted,
  binary,
  bytewise,
  close,
  continuation,
  failed,
  frame,
  ping,
  pong,
  seen,
  text,
  unfinished,
} = require('../vocabulary');

const KINDS = { close: 'CLOSE', ping: 'PING', pong: 'PONG' };

const LONG = 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH';

module.exports = {
  title: 'Control frames',
  rules: [
    {
      id: 'control/pong',
      section: 'RFC 6455, 5.5.2, 5.5.3',
      rule: 'A ping is answered with a pong of the same payload, of up to 125 bytes.',
      rows: [0, 1, 2, 63, 124, 125].map((size) => {
        const payload = Buffer.alloc(size, 0xa5);
        return {
          id: `ping-${size}`,
          send: [ping(payload)],
          expect: accepted([seen('ping', payload)], [seen('pong', payload)]),
        };
      }),
    },
    {
      id: 'control/unasked-pong',
      section: 'RFC 6455, 5.5.3',
      rule: 'A pong that nobody asked for is not answered.',
      rows: [0, 1, 124, 125].map((size) => {
        const payload = Buffer.alloc(size, 0x5a);
        return {
          id: `pong-${size}`,
          send: [pong(payload)],
          expect: accepted([seen('pong', payload)]),
        };
      }),
    },
    {
      id: 'control/order',
      section: 'RFC 6455, 5.5.2, 5.4',
      rule: 'Pings are answered in their order, also amid messages and before a close frame.',
      rows: [
        {
          id: 'several',
          send: [ping('1'), ping('2'), ping('3')],
          expect: accepted(
            ['ping "1"', 'ping "2"', 'ping "3"'],
            ['pong "1"', 'pong "2"', 'pong "3"'],
          ),
        },
        {
          id: 'amid-messages',
          send: [text('a'), ping('1'), binary('b'), ping('2')],
          expect: accepted(
            ['text "a"', 'ping "1"', 'binary "b"', 'ping "2"'],
            ['pong "1"', 'pong "2"'],
          ),
        },
        {
          id: 'pings-and-pongs',
          send: [pong('x'), ping('1'), pong('y')],
          expect: accepted(['pong "x"', 'ping "1"', 'pong "y"'], ['pong "1"']),
        },
        {
          id: 'bytewise',
          sends: 'ping "1" and ping "2", each byte in a segment of its own',
          send: [bytewise(ping('1'), ping('2'))],
          expect: accepted(['ping "1"', 'ping "2"'], ['pong "1"', 'pong "2"']),
        },
        {
          id: 'before-a-message-ends',
          send: [unfinished(text('a')), ping('1')],
          expect: accepted(['ping "1"'], ['pong "1"']),
        },
      ],
    },
    {
      id: 'control/too-long',
      section: 'RFC 6455, 5.5',
      rule: 'A control frame of more than 125 bytes, or with a longer form of its length, fails the connection.',
      rows: Object.entries(KINDS).flatMap(([name, kind]) => [
        ...[126, 127, 65535, 65536].map((size) => ({
          id: `${name}-${size}`,
          send: [
            frame(
              kind,
              Buffer.concat([
                Buffer.from([3, 232]),
                Buffer.alloc(size - 2, 0x61),
              ]),
            ),
          ],
          expect: failed(1002, LONG),
        })),
        ...[16, 64].map((lengthBits) => ({
          id: `${name}-${lengthBits}-bits-for-5`,
          send: [
            frame(kind, Buffer.from([3, 232, 97, 97, 97]), { lengthBits }),
          ],
          expect: failed(1002, LONG),
        })),
        {
          id: `${name}-within-a-message`,
          send: [
            unfinished(text('a')),
            frame(kind, Buffer.alloc(126)),
            continuation('b'),
          ],
          expect: failed(1002, LONG),
        },
      ]),
    },
    {
      id: 'control/fragmented',
      section: 'RFC 6455, 5.4, 5.5',
      rule: 'A control frame that is fragmented fails the connection.',
      rows: Object.entries(KINDS).flatMap(([name, kind]) => {
        const expect = failed(1002, 'WS_ERR_EXPECTED_FIN');
        return [
          { id: `${name}-empty`, send: [unfinished(frame(kind))], expect },
          {
            id: `${name}-payload`,
            send: [unfinished(frame(kind, Buffer.from([3, 232])))],
            expect,
          },
          {
            id: `${name}-continued`,
            send: [unfinished(frame(kind)), continuation('a')],
            expect,
          },
          {
            id: `${name}-within-a-message`,
            send: [unfinished(text('a')), unfinished(frame(kind))],
            expect,
          },
          {
            id: `${name}-behind-a-message`,
            send: [text('a'), unfinished(frame(kind)), text('b')],
            expect: failed(1002, 'WS_ERR_EXPECTED_FIN', ['text "a"']),
          },
        ];
      }),
    },
    {
      id: 'control/answers-before-a-fault',
      section: 'RFC 6455, 7.1.7',
      rule: 'What came before a fault is dealt with, and nothing behind it.',
      rows: [
        {
          id: 'ping-text-fault',
          send: [ping('1'), text('a'), frame(3), text('b'), ping('2')],
          expect: failed(
            1002,
            'WS_ERR_INVALID_OPCODE',
            ['ping "1"', 'text "a"'],
            ['pong "1"'],
          ),
        },
        {
          id: 'two-faults',
          send: [
            binary('a'),
            text(Buffer.from([0xff])),
            frame(15),
            close(1000),
          ],
          expect: failed(1007, 'WS_ERR_INVALID_UTF8', ['binary "a"']),
        },
      ],
    },
  ],
};
