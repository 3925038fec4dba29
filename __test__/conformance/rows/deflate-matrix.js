'use strict';

const { messagesOf } = require('../runner/play-exchanges');
const { accepted, seen } = require('../vocabulary');

const PARAMETERS = [
  [],
  ['server_no_context_takeover'],
  ['client_no_context_takeover'],
  ['server_no_context_takeover', 'client_no_context_takeover'],
  ...[8, 9, 10, 12, 15].map((bits) => [`server_max_window_bits=${bits}`]),
  ...[8, 9, 10, 12, 15].map((bits) => [`client_max_window_bits=${bits}`]),
  ['server_max_window_bits=9', 'client_max_window_bits=9'],
  [
    'server_no_context_takeover',
    'client_no_context_takeover',
    'server_max_window_bits=9',
    'client_max_window_bits=9',
  ],
];

const MESSAGES = [
  { kind: 'text', size: 0 },
  { kind: 'text', size: 1 },
  { kind: 'text', size: 125 },
  { kind: 'binary', size: 126 },
  { kind: 'text', size: 5000 },
  { kind: 'binary', size: 66_000, pieces: [1] },
];

const PIECES = [1, 2, 7];

module.exports = {
  title: 'permessage-deflate: parameters × sizes × fragments',
  rules: PARAMETERS.map((parameters, i) => ({
    id: `deflate-matrix/${i}`,
    kind: 'exchange',
    section: 'RFC 7692, 7.1, 7.2',
    rule: `With ${parameters.map((name) => `\`${name}\``).join(', ') || 'no parameter'}, what each end compresses the other inflates, with no more memory than was agreed on.`,
    sees: 'the same messages, compressed',
    rows: [
      ...MESSAGES.flatMap(({ pieces: choice = PIECES, ...message }) =>
        choice.map((pieces) => ({
          id: `${message.kind}-${message.size}-in-${pieces}`,
          group: `3 messages of 0, 1, 125, 126 or 5,000 bytes, each in 1, 2 or 7 frames, or of 66,000 bytes, and back`,
          message,
          pieces,
        })),
      ),
      ...beyondTheWindows(parameters),
    ].map((row) => ({ ...row, parameters, expect: echoed(row) })),
  })),
};

/** Messages that repeat themselves just beyond the windows, so that nothing may refer to that. */
function beyondTheWindows(parameters) {
  const windows = parameters
    .map((each) => Number(each.split('=')[1]))
    .filter((bits) => bits < 15);
  return [...new Set(windows)].map((bits) => {
    const period = 2 ** bits + 200;
    return {
      id: `beyond-${bits}-bits`,
      group: `3 messages that repeat themselves after ${period} bytes, and back`,
      message: { kind: 'binary', size: 2 * period, period },
      pieces: 1,
    };
  });
}

function echoed(row) {
  const messages = messagesOf(row).map(({ kind, data }) => seen(kind, data));
  return accepted(messages, messages);
}
