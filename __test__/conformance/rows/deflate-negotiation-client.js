'use strict';

const {
  EXTENSIONS,
  INVALID,
  INVALID_TOO,
  NAME,
  ODD_WINDOWS,
  windows,
} = require('./deflate-parameters');

module.exports = {
  title: 'permessage-deflate: what a client offers and accepts',
  rules: [
    {
      id: 'deflate-client/offers',
      section: 'RFC 7692, 7.1.1, 7.1.2',
      rule: 'A client offers what its program asked for.',
      rows: [
        [{}, '; client_max_window_bits'],
        [{ clientMaxWindowBits: true }, '; client_max_window_bits'],
        [{ clientMaxWindowBits: false }, ''],
        [{ clientMaxWindowBits: 10 }, '; client_max_window_bits=10'],
        [
          { serverMaxWindowBits: 11 },
          '; server_max_window_bits=11; client_max_window_bits',
        ],
        [
          { serverNoContextTakeover: true },
          '; server_no_context_takeover; client_max_window_bits',
        ],
        [
          { clientNoContextTakeover: true },
          '; client_no_context_takeover; client_max_window_bits',
        ],
        [
          {
            serverNoContextTakeover: true,
            clientNoContextTakeover: true,
            serverMaxWindowBits: 9,
            clientMaxWindowBits: 12,
          },
          '; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=12',
        ],
      ].map(([perMessageDeflate, offer], i) => ({
        id: `${i}`,
        sends: `nothing; the offer of a client with ${JSON.stringify(perMessageDeflate)}`,
        perMessageDeflate,
        answer: null,
        look: [EXTENSIONS],
        expect: {
          api: ['open', 'close 1000'],
          wire: [`${EXTENSIONS}: ${NAME}${offer}`, 'close 1000'],
        },
      })),
    },
    {
      id: 'deflate-client/answers',
      section: 'RFC 7692, 5, 7.1',
      rule: 'A client takes every answer that its offer allows.',
      rows: [
        ['plain', ''],
        ['server-no-takeover', '; server_no_context_takeover'],
        ['client-no-takeover', '; client_no_context_takeover'],
        ...windows('server'),
        ...windows('client'),
        [
          'all-four',
          '; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9',
        ],
        [
          'in-another-order',
          '; client_max_window_bits=9; server_no_context_takeover',
        ],
        [
          'smaller-client-window',
          '; client_max_window_bits=9',
          { clientMaxWindowBits: 10 },
        ],
        [
          'the-same-client-window',
          '; client_max_window_bits=10',
          { clientMaxWindowBits: 10 },
        ],
        [
          'smaller-server-window',
          '; server_max_window_bits=9',
          { serverMaxWindowBits: 10 },
        ],
      ].map(([id, answer, perMessageDeflate]) => ({
        id,
        perMessageDeflate,
        answer: `${NAME}${answer}`,
        expect: opened(),
      })),
    },
    {
      id: 'deflate-client/invalid',
      section: 'RFC 7692, 5, 7.1, 7.1.1, 7.1.2',
      rule: 'An answer with an unknown, repeated or wrong parameter fails the connection.',
      rows: [
        ...INVALID,
        [
          'client-window-twice',
          '; client_max_window_bits=10; client_max_window_bits=10',
        ],
        ['server-window-without-a-value', '; server_max_window_bits'],
        ['client-window-without-a-value', '; client_max_window_bits'],
        ...INVALID_TOO,
      ].map(([id, answer]) => ({
        id,
        answer: `${NAME}${answer}`,
        expect: refused(),
      })),
    },
    {
      id: 'deflate-client/not-offered',
      section: 'RFC 7692, 5, 7.1.1, 7.1.2',
      rule: 'An answer that the offer does not allow fails the connection.',
      rows: [
        [
          'client-window-not-offered',
          '; client_max_window_bits=10',
          { clientMaxWindowBits: false },
        ],
        [
          'larger-client-window',
          '; client_max_window_bits=11',
          { clientMaxWindowBits: 10 },
        ],
        [
          'client-takeover-wanted',
          '; client_no_context_takeover',
          { clientNoContextTakeover: false },
        ],
        ['two-answers', `, ${NAME}`, {}, 'ws looks at the first answer'],
        [
          'larger-server-window',
          '; server_max_window_bits=11',
          { serverMaxWindowBits: 10 },
          'ws takes the window that the server names',
        ],
        [
          'server-window-not-named',
          '',
          { serverMaxWindowBits: 10 },
          'ws goes on with the largest window',
        ],
        [
          'server-takes-over',
          '',
          { serverNoContextTakeover: true },
          'ws goes on with context takeover',
        ],
      ].map(([id, answer, perMessageDeflate, why]) => ({
        id,
        perMessageDeflate,
        answer: `${NAME}${answer}`,
        expect: refused(),
        both: why && { expect: opened(), why },
      })),
    },
    {
      id: 'deflate-client/numbers',
      section: 'RFC 7692, 7.1.2',
      rule: 'Window bits are a decimal number of 8 to 15 without leading zeros.',
      rows: ODD_WINDOWS.map(([id, answer]) => ({
        id,
        answer: `${NAME}${answer}`,
        expect: refused(),
        both: {
          expect: opened(),
          why: 'ws takes whatever JavaScript takes for that number',
        },
      })),
    },
  ].map(({ rows, ...rule }) => ({
    ...rule,
    kind: 'response',
    roles: ['client'],
    rows: rows.map(({ answer, perMessageDeflate = {}, ...row }) => ({
      ...row,
      options: { perMessageDeflate },
      changes: { [EXTENSIONS]: answer },
    })),
  })),
};

function opened() {
  return { api: [`open, ${NAME}`, 'close 1000'], wire: ['close 1000'] };
}

function refused() {
  return {
    api: ['error Invalid Sec-WebSocket-Extensions header', 'close 1006'],
    wire: [],
  };
}
