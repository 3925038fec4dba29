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
  title: 'permessage-deflate: what a server accepts',
  rules: [
    {
      id: 'deflate-server/offers',
      section: 'RFC 7692, 5, 7.1',
      rule: 'A server accepts the first offer that it can serve, with the parameters that were offered.',
      rows: [
        ['plain', '', ''],
        ['client-window', '; client_max_window_bits', ''],
        ...windows('client'),
        ...windows('server'),
        ['server-no-takeover', '; server_no_context_takeover'],
        ['client-no-takeover', '; client_no_context_takeover'],
        [
          'neither-takes-over',
          '; server_no_context_takeover; client_no_context_takeover',
        ],
        [
          'all-four',
          '; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=11',
        ],
        [
          'quoted',
          '; server_max_window_bits="12"',
          '; server_max_window_bits=12',
        ],
        [
          'white-space',
          ' ;\tserver_max_window_bits=12 ',
          '; server_max_window_bits=12',
        ],
      ].map(([id, offer, answer = offer]) => ({
        id,
        offer: `${NAME}${offer}`,
        expect: agreed(`${NAME}${answer}`),
      })),
    },
    {
      id: 'deflate-server/several-offers',
      section: 'RFC 7692, 5; RFC 6455, 9.1',
      rule: 'Offers are tried in their order; those of other extensions are passed over.',
      rows: [
        [
          'two',
          `${NAME}; server_max_window_bits=10, ${NAME}`,
          `${NAME}; server_max_window_bits=10`,
        ],
        ['behind-another', `x-unknown; a=1, ${NAME}`, NAME],
        ['before-another', `${NAME}, x-unknown`, NAME],
        [
          'the-second-fits',
          `${NAME}; server_no_context_takeover, ${NAME}`,
          NAME,
          { serverNoContextTakeover: false },
        ],
        [
          'the-third-fits',
          `${NAME}, ${NAME}; client_max_window_bits=9, ${NAME}; client_max_window_bits`,
          `${NAME}; client_max_window_bits=10`,
          { clientMaxWindowBits: 10 },
        ],
      ].map(([id, offer, answer, perMessageDeflate]) => ({
        id,
        perMessageDeflate,
        offer,
        expect: agreed(answer),
      })),
    },
    {
      id: 'deflate-server/own-wishes',
      section: 'RFC 7692, 7.1.1, 7.1.2',
      rule: 'A server may ask for less memory than it was offered, where the offer allows it.',
      rows: [
        [
          'server-no-takeover',
          '',
          { serverNoContextTakeover: true },
          '; server_no_context_takeover',
        ],
        [
          'client-no-takeover',
          '',
          { clientNoContextTakeover: true },
          '; client_no_context_takeover',
        ],
        [
          'server-window',
          '',
          { serverMaxWindowBits: 10 },
          '; server_max_window_bits=10',
        ],
        [
          'smaller-server-window',
          '; server_max_window_bits=12',
          { serverMaxWindowBits: 10 },
          '; server_max_window_bits=10',
        ],
        [
          'client-window',
          '; client_max_window_bits',
          { clientMaxWindowBits: 10 },
          '; client_max_window_bits=10',
        ],
        [
          'smaller-client-window',
          '; client_max_window_bits=12',
          { clientMaxWindowBits: 10 },
          '; client_max_window_bits=10',
        ],
      ].map(([id, offer, perMessageDeflate, answer]) => ({
        id,
        perMessageDeflate,
        offer: `${NAME}${offer}`,
        expect: agreed(`${NAME}${answer}`),
      })),
    },
    {
      id: 'deflate-server/impossible',
      section: 'RFC 7692, 5, 7.1',
      rule: 'An offer that a server cannot serve is not accepted.',
      rows: [
        ['client-window-not-offered', '', { clientMaxWindowBits: 10 }],
        [
          'client-window-too-small',
          '; client_max_window_bits=9',
          { clientMaxWindowBits: 10 },
        ],
        [
          'server-window-too-small',
          '; server_max_window_bits=9',
          { serverMaxWindowBits: 10 },
        ],
        [
          'server-window-not-served',
          '; server_max_window_bits=9',
          { serverMaxWindowBits: false },
        ],
        [
          'takeover-wanted',
          '; server_no_context_takeover',
          { serverNoContextTakeover: false },
        ],
      ].map(([id, offer, perMessageDeflate]) => ({
        id,
        perMessageDeflate,
        offer: `${NAME}${offer}`,
        expect: declined(),
        both: {
          expect: refused(),
          why: 'ws refuses the whole request, and not only the offer',
        },
      })),
    },
    {
      id: 'deflate-server/invalid',
      section: 'RFC 7692, 7.1, 7.1.1, 7.1.2',
      rule: 'An offer with an unknown, repeated or wrong parameter is not accepted.',
      rows: [
        ...INVALID,
        [
          'client-window-twice',
          '; client_max_window_bits; client_max_window_bits=10',
        ],
        ['server-window-without-a-value', '; server_max_window_bits'],
        ...INVALID_TOO,
      ].map(([id, offer]) => ({
        id,
        offer: `${NAME}${offer}`,
        expect: declined(),
        both: {
          expect: refused(),
          why: 'ws refuses the whole request, and not only the offer',
        },
      })),
    },
    {
      id: 'deflate-server/numbers',
      section: 'RFC 7692, 7.1.2',
      rule: 'Window bits are a decimal number of 8 to 15 without leading zeros.',
      rows: ODD_WINDOWS.map(([id, offer]) => ({
        id,
        offer: `${NAME}${offer}`,
        expect: declined(),
        both: {
          expect: agreed(`${NAME}${inDecimal(offer)}`),
          why: 'ws takes whatever JavaScript takes for that number',
        },
      })),
    },
  ].map(({ rows, ...rule }) => ({
    ...rule,
    kind: 'request',
    roles: ['server'],
    rows: rows.map(({ offer, perMessageDeflate = true, ...row }) => ({
      ...row,
      options: { perMessageDeflate },
      changes: { [EXTENSIONS]: offer },
    })),
  })),
};

function agreed(extensions) {
  return {
    api: ['connection', 'close 1000'],
    wire: ['101', `extensions ${extensions}`, 'close 1000'],
  };
}

/** The window as it is in the answer. */
function inDecimal(parameter) {
  const [name, bits] = parameter.split('=');
  return `${name}=${Number(bits)}`;
}

/** The connection is opened without the extension. */
function declined() {
  return { api: ['connection', 'close 1000'], wire: ['101', 'close 1000'] };
}

function refused() {
  return { api: [], wire: ['400'] };
}
