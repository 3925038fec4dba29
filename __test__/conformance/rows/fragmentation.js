'use strict';

const {
  CUT,
  accepted,
  binary,
  bytewise,
  close,
  continuation,
  failed,
  ping,
  pong,
  seen,
  split,
  text,
  unfinished,
} = require('../vocabulary');

const START = { text, binary };

const FAULT = (api, wire) => failed(1002, 'WS_ERR_INVALID_OPCODE', api, wire);

const NOTHING_TO_CONTINUE = {
  'at-the-beginning': [],
  'behind-a-text': [text('a')],
  'behind-a-binary': [binary('a')],
  'behind-a-fragmented-message': [unfinished(text('a')), continuation('b')],
  'behind-a-ping': [ping('p')],
  'behind-a-pong': [pong('p')],
};

module.exports = {
  title: 'Fragmentation',
  rules: [
    {
      id: 'fragmentation/parts',
      section: 'RFC 6455, 5.4',
      rule: 'The fragments of a message, empty ones too, are put together in their order.',
      rows: [
        ...Object.entries(START).flatMap(([kind, start]) =>
          [2, 3, 4].flatMap((count) =>
            subsetsOf(count).map((isEmpty) => {
              const parts = isEmpty.map((empty, i) =>
                empty ? '' : `part ${i} `,
              );
              return {
                id: `${kind}-${isEmpty.map((empty) => (empty ? '0' : '1')).join('')}`,
                group: `${kind} in ${count} fragments, any of them empty`,
                sees: 'the whole message',
                send: fragments(start, parts),
                expect: accepted([seen(kind, parts.join(''))]),
              };
            }),
          ),
        ),
        ...[10, 100, 1000].map((count) => ({
          id: `${count}-fragments`,
          sends: `text in ${count} fragments`,
          send: fragments(text, Array(count).fill('x')),
          expect: accepted([seen('text', 'x'.repeat(count))]),
        })),
        {
          id: 'large-fragments',
          sends: 'binary in 3 fragments of 70,000 bytes',
          send: fragments(binary, Array(3).fill('x'.repeat(70_000))),
          expect: accepted([seen('binary', 'x'.repeat(210_000))]),
        },
        {
          id: 'two-messages',
          send: [
            ...fragments(text, ['a', 'b']),
            ...fragments(binary, ['c', 'd']),
            text('e'),
          ],
          expect: accepted(['text "ab"', 'binary "cd"', 'text "e"']),
        },
        {
          id: 'each-fragment-in-a-segment',
          send: fragments(text, ['a', 'b', 'c']).flatMap((f) => [f, CUT]),
          expect: accepted(['text "abc"']),
        },
        {
          id: 'segments-end-within-fragments',
          send: [
            split(unfinished(text('abcd')), 2),
            split(unfinished(continuation('efgh')), 0),
            split(continuation('ijkl'), 4),
          ],
          expect: accepted(['text "abcdefghijkl"']),
        },
        {
          id: 'bytewise',
          sends:
            'text in 3 fragments with a ping, each byte in a segment of its own',
          send: [
            bytewise(
              unfinished(text('ab')),
              unfinished(continuation('cd')),
              ping('p'),
              continuation('ef'),
            ),
          ],
          expect: accepted(['ping "p"', 'text "abcdef"'], ['pong "p"']),
        },
      ],
    },
    {
      id: 'fragmentation/control-between',
      section: 'RFC 6455, 5.4, 5.5',
      rule: 'Control frames may come between the fragments of a message, and are dealt with at once.',
      rows: Object.entries(START).flatMap(([kind, start]) =>
        sequencesOf(['', 'ping', 'pong', 'ping-ping', 'ping-pong'], 3)
          .filter((gaps) => gaps.some(Boolean))
          .map((gaps) => controlBetween(kind, start, gaps)),
      ),
    },
    {
      id: 'fragmentation/close-between',
      section: 'RFC 6455, 5.5.1, 7.1.2',
      rule: 'A close frame between fragments ends the connection; the message that was under way is dropped.',
      rows: Object.entries(START).flatMap(([kind, start]) =>
        [1, 2].map((count) => ({
          id: `${kind}-${count}`,
          send: [
            ...fragments(start, ['a', 'b', 'c']).slice(0, count),
            close(1001),
            continuation('c'),
          ],
          expect: { api: ['close 1001'], wire: ['close 1001'] },
        })),
      ),
    },
    {
      id: 'fragmentation/interleaved',
      section: 'RFC 6455, 5.4',
      rule: 'A new message within another one fails the connection.',
      rows: Object.entries(START).flatMap(([kind, start]) =>
        Object.entries(START).flatMap(([other, startOther]) =>
          [1, 2].flatMap((count) =>
            [true, false].map((fin) => ({
              id: `${other}-${fin ? 'whole' : 'begun'}-within-${kind}-${count}`,
              send: [
                ...fragments(start, ['a', 'b', 'c']).slice(0, count),
                startOther('x', { fin }),
                continuation('c'),
              ],
              expect: FAULT(),
            })),
          ),
        ),
      ),
    },
    {
      id: 'fragmentation/nothing-to-continue',
      section: 'RFC 6455, 5.4',
      rule: 'A continuation without a message to continue fails the connection.',
      rows: Object.entries(NOTHING_TO_CONTINUE).flatMap(([where, before]) =>
        ['', 'x'].flatMap((payload) =>
          [true, false].map((fin) => {
            const { api, wire } = model(before);
            return {
              id: `${where}-${payload ? 'payload' : 'empty'}-${fin ? 'last' : 'unfinished'}`,
              send: [...before, continuation(payload, { fin })],
              expect: FAULT(api, wire),
            };
          }),
        ),
      ),
    },
    {
      id: 'fragmentation/every-order',
      section: 'RFC 6455, 5.4',
      rule: 'Whatever the order of frames, those that make messages are taken, and the first that does not fit fails the connection.',
      rows: [1, 2, 3].flatMap((count) =>
        sequencesOf(['T', 't', 'C', 'c', 'P'], count).map((letters) =>
          orderRow(letters),
        ),
      ),
    },
  ],
};

/** The frames of a message of several parts. */
function fragments(start, parts) {
  return parts.map((part, i) => {
    const make = i === 0 ? start : continuation;
    return make(part, { fin: i === parts.length - 1 });
  });
}

/** Every choice of true and false for so many things. */
function subsetsOf(count) {
  return sequencesOf([false, true], count);
}

/** Every sequence of so many of these. */
function sequencesOf(all, count) {
  if (count === 0) return [[]];
  return sequencesOf(all, count - 1).flatMap((rest) =>
    all.map((each) => [...rest, each]),
  );
}

/** Four fragments, with control frames in the three gaps between them. */
function controlBetween(kind, start, gaps) {
  const api = [];
  const wire = [];
  const parts = fragments(start, ['a', 'b', 'c', 'd']);
  const send = parts.flatMap((part, i) => {
    const controls = (gaps[i - 1] ?? '').split('-').filter(Boolean);
    return [
      ...controls.map((name, j) => {
        const payload = `${i}.${j}`;
        api.push(`${name} "${payload}"`);
        if (name === 'ping') wire.push(`pong "${payload}"`);
        return name === 'ping' ? ping(payload) : pong(payload);
      }),
      part,
    ];
  });
  return {
    id: `${kind}-${gaps.map((gap) => gap || 'none').join('/')}`,
    group: `${kind} in 4 fragments; in each gap nothing, a ping, a pong, two pings, or a ping and a pong`,
    sees: 'the pings and pongs at once, then the message',
    send,
    expect: accepted([...api, `${kind} "abcd"`], wire),
  };
}

/**
 * One order of a whole text (T), the beginning of one (t), a last (C) and a
 * middle continuation (c) and a ping (P).
 */
function orderRow(letters) {
  const send = letters.map((letter, i) => {
    const payload = `${i}`;
    if (letter === 'P') return ping(payload);
    const isText = letter.toUpperCase() === 'T';
    const fin = letter === letter.toUpperCase();
    return (isText ? text : continuation)(payload, { fin });
  });
  const { api, isFault, wire } = model(send);
  return {
    id: letters.join(''),
    group: isFault
      ? 'up to 3 frames in an order that is wrong'
      : 'up to 3 frames in an order that is right',
    sees: isFault
      ? 'what came before; `WS_ERR_INVALID_OPCODE`, 1002'
      : 'messages and pings',
    send,
    expect: isFault ? FAULT(api, wire) : accepted(api, wire),
  };
}

/** RFC 6455, section 5.4, for frames of text and pings. */
function model(frames) {
  const api = [];
  const wire = [];
  let message = null;
  for (const { fin = true, opcode, payload } of frames) {
    if (opcode === ping().opcode || opcode === pong().opcode) {
      const isPing = opcode === ping().opcode;
      api.push(seen(isPing ? 'ping' : 'pong', payload));
      if (isPing) wire.push(seen('pong', payload));
      continue;
    }
    const continues = opcode === continuation().opcode;
    if (continues !== (message !== null)) return { api, wire, isFault: true };
    const kind = opcode === binary().opcode ? 'binary' : 'text';
    message = {
      kind: message?.kind ?? kind,
      data: (message?.data ?? '') + payload,
    };
    if (!fin) continue;
    api.push(seen(message.kind, message.data));
    message = null;
  }
  return { api, wire, isFault: false };
}
